"""``corvus tabel sign | publish | versies``: put a table in force, and look back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.table import Table

from corvus_adapters.app import utc_now
from corvus_adapters.cli.beheer import (
    PassphraseOption,
    moment_text,
    officer_names,
    open_dienst,
    read_envelope,
    read_officer,
    show_version,
    version_row,
)
from corvus_adapters.cli.gedeeld import (
    DEFAULT_FOLDER,
    InstallationOption,
    JsonOption,
    console,
    errors,
    for_people,
    open_installation,
    print_json,
)
from corvus_adapters.registerdienst.bestanden import store_tabel, write_whole
from corvus_adapters.registerdienst.keuring import Stukken
from corvus_adapters.registerdienst.opstellen import (
    draw_up,
    next_midnight,
    parse_moment,
    whole_second,
)
from corvus_adapters.registerdienst.publiceren import Uitgever, newest
from corvus_broker.register import (
    TABEL_TYPE,
    Wijziging,
    claimed_digest,
    open_tabel,
    sign_register,
)
from corvus_crypto.certificaten import to_ms
from corvus_crypto.dsse import (
    add_signature,
    canonical_json,
    peek_body,
    peek_signers,
    sign_envelope,
)
from corvus_routing.tabel import parse_tabel, tabel_payload
from corvus_schemas.catalogus import load_catalogus
from corvus_schemas.errors import RegisterError, SchemaError, UnavailableError

if TYPE_CHECKING:
    from corvus_adapters.cli.beheer import Dienst
    from corvus_adapters.installatie.openen import Installatie
    from corvus_broker.register import Registerversie
    from corvus_broker.register.formaat import RegisterStuk
    from corvus_crypto.hybride import HybrideSigningKey

_AT_ONCE: Final = timedelta(seconds=10)
"""How soon is at once: time to verify, write and be read before the start."""
_SLACK: Final = timedelta(seconds=30)
_ENVELOPE_END: Final = ".dsse.json"


@for_people
def sign(  # noqa: PLR0913 - the options of a command
    *,
    file: Annotated[Path, typer.Argument(help="Table in YAML, or its envelope.")],
    officer: Annotated[
        str, typer.Option("--sleutel", help="Officer: name, or folder with the key.")
    ],
    envelope: Annotated[
        Path | None, typer.Option("--envelop", help="Envelope to make or add to.")
    ] = None,
    passphrase: PassphraseOption = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Put an officer's signature on a table.

    The first officer makes the envelope, the second adds to it. Who signs the YAML
    signs what was read there: an envelope with another table is refused.
    """
    installatie = open_installation(installation)
    name, key = read_officer(installatie, officer, passphrase)
    if file.suffix == ".json":
        path = envelope or file
        signed = add_signature(read_envelope(file), TABEL_TYPE, name, key)
    else:
        path = envelope or file.with_suffix(_ENVELOPE_END)
        signed = _sign_yaml(file, path, name, key)
    write_whole(path, signed)
    digest = claimed_digest(signed, TABEL_TYPE).hex()
    signers = peek_signers(signed, TABEL_TYPE)
    if as_json:
        print_json(
            {"bestand": str(path), "tabel": digest, "ondertekenaars": list(signers)}
        )
        return
    drempel = installatie.vertrouwen.drempel
    console.print(f"Table {digest} in {path}", highlight=False, soft_wrap=True)
    console.print(f"Signed by {', '.join(signers)}; {drempel} officers are needed.")
    if len(signers) >= drempel:
        console.print(f"Next: corvus tabel publish {path}")


def _sign_yaml(file: Path, path: Path, name: str, key: HybrideSigningKey) -> bytes:
    try:
        text = read_envelope(file).decode("utf-8")
    except UnicodeDecodeError:
        raise SchemaError(
            "bestand.onleesbaar", f"{file} is not text in UTF-8"
        ) from None
    payload = tabel_payload(parse_tabel(text, load_catalogus()))
    if not path.exists():
        return sign_envelope(payload, TABEL_TYPE, [(name, key)])
    before = read_envelope(path)
    if peek_body(before, TABEL_TYPE) != canonical_json(payload):
        raise RegisterError(
            "tabel.envelop",
            f"{path} holds another table than {file}",
            advice="Compare both with the officer who signed first, or name a new"
            " envelope with --envelop.",
        )
    return add_signature(before, TABEL_TYPE, name, key)


@for_people
def publish(  # noqa: PLR0913 - the options of a command
    *,
    table: Annotated[
        str, typer.Argument(help="Signed table: file, or digest of an older one.")
    ],
    start: Annotated[
        str | None,
        typer.Option(
            "--geldig-van",
            help="Start: 2026-12-01T09:00 (Dutch time), or with an offset.",
        ),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--geldig-tot", help="End of the version; without it, it stays."),
    ] = None,
    officers: Annotated[
        list[str] | None,
        typer.Option("--sleutel", help="Officers who sign the version now."),
    ] = None,
    now: Annotated[
        bool,
        typer.Option("--nu", help="Start within seconds: sandbox only."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--uit", help="File for a version still to sign.")
    ] = None,
    passphrase: PassphraseOption = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Put a signed table in force: make the next register version that names it.

    Where enough officers' keys are at hand (in a sandbox they are), it is signed and
    published. Otherwise it is a draft for the officers to sign. To roll back, publish
    an older table by its digest: that is a new version too.
    """
    installatie = open_installation(installation)
    names = officers or (
        officer_names(installatie)
        if installatie.instellingen.omgeving == "sandbox"
        else []
    )
    signers = [read_officer(installatie, one, passphrase) for one in names]
    whole = len({name for name, _ in signers}) >= installatie.vertrouwen.drempel

    async def work() -> tuple[RegisterStuk, list[Registerversie]]:
        async with open_dienst(installatie) as dienst:
            signed = dienst.signed_table(table)
            _, basis = newest(installatie, dienst.volger)
            wijziging = Wijziging(
                _start_ms(installatie, start, whole=whole, now=now),
                None if end is None else parse_moment(end),
            )
            stuk, signed = draw_up(basis, wijziging, signed, dienst.keuring)
            if not whole:
                digest = open_tabel(signed, installatie.vertrouwen).digest
                store_tabel(installatie, digest, signed)
                return stuk, []
            version = Stukken(sign_register(stuk, signers), signed)
            return stuk, await _publish(dienst, version, now=now)

    stuk, versies = asyncio.run(work())
    if not whole:
        path = out or Path(f"register-{stuk['volgnummer']:04d}.json")
        write_whole(path, sign_register(stuk, signers))
        _tell_draft(stuk, path, as_json=as_json)
    elif as_json:
        print_json([version_row(one) for one in versies])
    else:
        for one in versies:
            show_version("Published", version_row(one))


def _start_ms(
    installatie: Installatie, start: str | None, *, whole: bool, now: bool
) -> int:
    moment = utc_now()
    if now:
        return to_ms(whole_second(moment + _AT_ONCE))
    if start is not None:
        return parse_moment(start)
    if not whole:
        return to_ms(next_midnight(moment))
    marge = timedelta(milliseconds=installatie.instellingen.registers.marge_ms)
    return to_ms(whole_second(moment + marge + _SLACK))


async def _publish(
    dienst: Dienst, version: Stukken, *, now: bool
) -> list[Registerversie]:
    uitgever = Uitgever(
        dienst.installatie,
        dienst.transport,
        dienst.volger,
        dienst.keuring,
        utc_now,
        vroeg=now,
    )
    return list((await uitgever.publish([version])).versies)


def _tell_draft(stuk: RegisterStuk, path: Path, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "bestand": str(path),
                "volgnummer": stuk["volgnummer"],
                "geldig_van": stuk["geldig_van"],
                "tabel": stuk["tabel"],
            }
        )
        return
    console.print(
        f"Register version {stuk['volgnummer']} is drawn up in {path}; it starts"
        f" {moment_text(stuk['geldig_van'])}.",
        highlight=False,
    )
    console.print(
        f"Officers still have to sign it: corvus register sign {path} --sleutel NAME"
    )
    console.print(f"Then: corvus register publish {path}")


@for_people
def versies(
    *,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """List the versions: which table held when, who signed, which is in force."""
    installatie = open_installation(installation)

    async def follow() -> None:
        async with open_dienst(installatie):
            pass  # opening reads all that was published

    try:
        asyncio.run(follow())
    except UnavailableError as error:
        errors.print(f"{error.code}: only what is in the folders is shown")
    rows = list_versions(installatie)
    if as_json:
        print_json(rows)
        return
    table = Table(title="Versions of the register and its table")
    for column in ("nr", "table", "digest", "from", "to", "signed by", "status"):
        table.add_column(column, overflow="fold")
    for row in rows:
        signers = dict.fromkeys(
            [*_names(row["tabel_ondertekenaars"]), *_names(row["ondertekenaars"])]
        )
        table.add_row(
            str(row["volgnummer"]),
            f"{row['tabel_naam']} {row['tabel_versie']}",
            str(row["tabel"])[:16],
            moment_text(str(row["geldig_van"])),
            moment_text(str(row["geldig_tot"])),
            ", ".join(signers),
            str(row["status"]),
        )
    console.print(table)


def _names(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def list_versions(installatie: Installatie) -> list[dict[str, object]]:
    """Give every version with its status: scheduled, in force, replaced or expired."""
    now_ms = to_ms(utc_now())
    versies = installatie.register.versies
    started = [one for one in versies if one.geldig_van_ms <= now_ms]
    rows = []
    for versie in versies:
        if versie not in started:
            status = "scheduled"
        elif versie is not started[-1]:
            status = "replaced"
        else:
            status = "in force" if versie.in_force(now_ms) else "expired"
        rows.append({**version_row(versie), "status": status})
    return rows


def register_commands(app: typer.Typer) -> None:
    """Add these commands to ``corvus tabel``."""
    app.command("sign")(sign)
    app.command("publish")(publish)
    app.command("versies")(versies)
