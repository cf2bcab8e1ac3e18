"""``corvus register``: the next version of the register, signed and published."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from corvus_adapters.app import utc_now
from corvus_adapters.cli.beheer import (
    PassphraseOption,
    moment_text,
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
    for_people,
    open_installation,
    print_json,
    read_structured,
)
from corvus_adapters.registerdienst.bestanden import store, write_whole
from corvus_adapters.registerdienst.keuring import Stukken
from corvus_adapters.registerdienst.opstellen import (
    draw_up,
    next_midnight,
    parse_moment,
    parse_organisatie,
)
from corvus_adapters.registerdienst.publiceren import Uitgever, find_tabel, newest
from corvus_broker.register import (
    REGISTER_TYPE,
    Wijziging,
    adresboek_of,
    gebieden_of,
    named_tabel,
    sign_register,
)
from corvus_broker.register.formaat import parse_register
from corvus_crypto.certificaten import to_ms
from corvus_crypto.dsse import add_signature, peek_payload, peek_signers
from corvus_routing.adresboekwijziging import parse_wijziging
from corvus_routing.gebieden import parse_gebieden
from corvus_schemas.errors import SettingsError

if TYPE_CHECKING:
    from corvus_broker.register.formaat import RegisterStuk

app = typer.Typer(
    no_args_is_help=True,
    help="The register: make its next version, have it signed, publish it.",
)

StartOption = Annotated[
    str | None,
    typer.Option(
        "--geldig-van", help="Start: 2026-12-01T09:00 (Dutch time), or with an offset."
    ),
]
EndOption = Annotated[
    str | None, typer.Option("--geldig-tot", help="End; without it the end stays.")
]


_TRUTH: Final = {"ja": True, "true": True, "nee": False, "false": False}


def _kenmerk(text: str) -> tuple[str, bool]:
    """Read naam=ja.

    Raises:
        SettingsError: ``optie.ongeldig``.
    """
    naam, _, waarde = text.partition("=")
    if waarde not in _TRUTH:
        raise SettingsError(
            "optie.ongeldig",
            f"--kenmerk {text!r:.60} does not say ja or nee",
            advice="For example --kenmerk schriftelijk_toegestaan=ja.",
        )
    return naam, _TRUTH[waarde]


def draft_path(stuk: RegisterStuk) -> Path:
    """Name the file of a draft."""
    return Path(f"register-{stuk['volgnummer']:04d}.json")


@app.command()
@for_people
def volgende(  # noqa: PLR0913 - the options of a command
    *,
    tabel: Annotated[
        str | None,
        typer.Option(help="Digest, or file with the signed table, to put in force."),
    ] = None,
    add: Annotated[
        list[Path] | None,
        typer.Option(
            "--voeg-organisatie", help="YAML or JSON with an organisation's entry."
        ),
    ] = None,
    revoke: Annotated[
        list[str] | None,
        typer.Option("--trek-in", help="SHA-256 of a certificate to revoke."),
    ] = None,
    changes: Annotated[
        Path | None,
        typer.Option("--wijziging", help="A change of the adresboek, as simulated."),
    ] = None,
    places: Annotated[
        Path | None,
        typer.Option("--gebieden", help="A list of gemeenten and regions."),
    ] = None,
    kenmerken: Annotated[
        list[str] | None,
        typer.Option(
            "--kenmerk", help="What holds of the whole chain, as naam=ja or naam=nee."
        ),
    ] = None,
    start: StartOption = None,
    end: EndOption = None,
    out: Annotated[
        Path | None, typer.Option("--uit", help="File to write the draft to.")
    ] = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Draw up the next version: the newest one, with what changes. Signs nothing.

    Everything in it is verified now. Without --geldig-van it starts at midnight after
    tomorrow, so that two officers have a day to look and sign.
    """
    installatie = open_installation(installation)
    van_ms = to_ms(next_midnight(utc_now())) if start is None else parse_moment(start)
    wijziging = Wijziging(
        geldig_van_ms=van_ms,
        geldig_tot_ms=None if end is None else parse_moment(end),
        nieuw=[parse_organisatie(read_structured(file)) for file in add or []],
        ingetrokken=revoke or [],
        kenmerken=dict(_kenmerk(one) for one in kenmerken or []),
    )
    if places is not None:
        gebieden = parse_gebieden(read_structured(places))
        wijziging = replace(wijziging, gebieden=gebieden)
    if changes is not None:
        change = parse_wijziging(read_structured(changes))
        moment_ms = parse_moment(change.per.isoformat())
        wijziging = replace(wijziging, adresboek=change, adresboek_ms=moment_ms)

    async def work() -> RegisterStuk:
        async with open_dienst(installatie) as dienst:
            _, basis = newest(installatie, dienst.volger)
            signed = None
            if tabel is not None:
                signed = dienst.signed_table(tabel)
            return draw_up(basis, wijziging, signed, dienst.keuring)[0]

    stuk = asyncio.run(work())
    path = out or draft_path(stuk)
    write_whole(path, sign_register(stuk, []))
    if as_json:
        print_json(
            {"bestand": str(path), "volgnummer": stuk["volgnummer"]}
            | {"geldig_van": stuk["geldig_van"], "tabel": stuk["tabel"]}
        )
        return
    _tell(stuk, path)
    console.print(
        f"Nobody signed it yet. Two officers: corvus register sign {path} --sleutel NAME"
    )


@app.command()
@for_people
def sign(
    *,
    envelope: Annotated[Path, typer.Argument(help="Draft, or what others signed.")],
    officer: Annotated[
        str, typer.Option("--sleutel", help="Officer: name, or folder with the key.")
    ],
    out: Annotated[
        Path | None, typer.Option("--envelop", help="Write there, not in place.")
    ] = None,
    passphrase: PassphraseOption = None,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
) -> None:
    """Put an officer's signature on a version. Read what it says first."""
    installatie = open_installation(installation)
    name, key = read_officer(installatie, officer, passphrase)
    before = read_envelope(envelope)
    stuk = parse_register(peek_payload(before, REGISTER_TYPE))
    # What contradicts itself nobody is asked to sign: every reader would refuse it.
    adresboek_of(stuk)
    gebieden_of(stuk)
    signed = add_signature(before, REGISTER_TYPE, name, key)
    path = out or envelope
    write_whole(path, signed)
    _tell(stuk, path)
    signers = peek_signers(signed, REGISTER_TYPE)
    drempel = installatie.vertrouwen.drempel
    console.print(f"Signed by {', '.join(signers)}; {drempel} officers are needed.")
    if len(signers) >= drempel:
        console.print(f"Next: corvus register publish {path}")


@app.command()
@for_people
def publish(
    *,
    envelopes: Annotated[
        list[Path] | None,
        typer.Argument(help="Signed versions; without them those in the folder."),
    ] = None,
    now: Annotated[
        bool,
        typer.Option("--nu", help="Without the margin before its start: sandbox only."),
    ] = False,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
    as_json: JsonOption = False,
) -> None:
    """Write versions and their tables to the topic, as far as they are not there yet.

    A version has to start later than the margin (setting registers.marge_ms), so that
    everybody knows it in time.
    """
    installatie = open_installation(installation)
    entries = [read_envelope(path) for path in envelopes or []]

    async def work() -> list[dict[str, object]]:
        async with open_dienst(installatie) as dienst:
            stukken = [
                Stukken(
                    entry,
                    find_tabel(
                        installatie, dienst.volger, bytes.fromhex(named_tabel(entry))
                    ),
                )
                for entry in entries
            ]
            uitgave = await Uitgever(
                installatie,
                dienst.transport,
                dienst.volger,
                dienst.keuring,
                utc_now,
                vroeg=now,
            ).publish(stukken)
            return [version_row(one) for one in uitgave.versies]

    rows = asyncio.run(work())
    if as_json:
        print_json(rows)
    elif not rows:
        console.print("Everything was published already.")
    for row in [] if as_json else rows:
        show_version("Published", row)


@app.command()
@for_people
def haal(
    *,
    installation: InstallationOption = Path(DEFAULT_FOLDER),
) -> None:
    """Keep what was published as files: for who works without the transport."""
    installatie = open_installation(installation)

    async def work() -> int:
        async with open_dienst(installatie) as dienst:
            await dienst.volger.volg()
            kept = 0
            for versie in installatie.register.versies:
                stukken = dienst.volger.stukken.get(versie.digest)
                if stukken is not None:
                    kept += store(installatie, versie, stukken)
            return kept

    console.print(f"{asyncio.run(work())} new version(s) kept as files.")


def _tell(stuk: RegisterStuk, path: Path) -> None:
    console.print(
        f"Register version {stuk['volgnummer']} in {path}:"
        f" starts {moment_text(stuk['geldig_van'])}, table {stuk['tabel'][:16]},"
        f" {len(stuk['organisaties'])} organisations.",
        highlight=False,
    )
