"""The tables of a postbus: one SQLite file of one organisation."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

META: Final = sa.MetaData()

ZAKEN: Final = sa.Table(
    "zaken",
    META,
    sa.Column("ref", sa.String, primary_key=True),
    sa.Column("nieuw_id", sa.LargeBinary),
    sa.Column("alias", sa.LargeBinary, index=True),
)
UITGAAND: Final = sa.Table(
    "uitgaand",
    META,
    sa.Column("bericht_id", sa.LargeBinary, primary_key=True),
    sa.Column("zaak", sa.String, nullable=False),
    sa.Column("concept", sa.Text, nullable=False),
    sa.Column("poging", sa.Integer, nullable=False),
    sa.Column("partitie", sa.Integer, nullable=False),
    sa.Column("sleutel", sa.LargeBinary, nullable=False),
    sa.Column("inhoud", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False, default=""),
)
BERICHTEN: Final = sa.Table(
    "berichten",
    META,
    sa.Column("bericht_id", sa.LargeBinary, primary_key=True),
    sa.Column("verstrekker", sa.String, primary_key=True),
    sa.Column("verstrekker_type", sa.String, nullable=False),
    sa.Column("berichttype", sa.String, nullable=False),
    sa.Column("zaak", sa.String, nullable=False, index=True),
    sa.Column("ontvangers", sa.Text, nullable=False, default="[]"),
)
INKOMEND: Final = sa.Table(
    "inkomend",
    META,
    sa.Column("nummer", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("bericht_id", sa.LargeBinary, nullable=False),
    sa.Column("verstrekker", sa.String, nullable=False),
    sa.Column("manifest", sa.LargeBinary, nullable=False),
    sa.Column("posities", sa.LargeBinary, nullable=False),
    sa.Column("waarde", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False, default=""),
    sa.Index("inkomend_bericht", "verstrekker", "bericht_id"),
)
BEWIJZEN: Final = sa.Table(
    "bewijzen",
    META,
    sa.Column("nummer", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("bericht_id", sa.LargeBinary, nullable=False, index=True),
    sa.Column("uitsteller", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False),
    sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
    sa.Column("waarde", sa.LargeBinary, nullable=False),
)
POSITIES: Final = sa.Table(
    "posities",
    META,
    sa.Column("topic", sa.String, primary_key=True),
    sa.Column("partitie", sa.Integer, primary_key=True),
    sa.Column("offset", sa.Integer, nullable=False),
)
CELGEHEIMEN: Final = sa.Table(
    "celgeheimen",
    META,
    sa.Column("bericht_id", sa.LargeBinary, primary_key=True),
    sa.Column("inhoud", sa.LargeBinary, nullable=False),
    sa.Column("vernietigen_op", sa.BigInteger, nullable=False, index=True),
)
NASLEUTELS: Final = sa.Table(
    "nasleutels",
    META,
    sa.Column("nasleutel_id", sa.LargeBinary, primary_key=True),
    sa.Column("bericht_id", sa.LargeBinary, nullable=False, index=True),
    sa.Column("oins", sa.Text, nullable=False),
    sa.Column("poging", sa.Integer, nullable=False),
    sa.Column("partitie", sa.Integer, nullable=False),
    sa.Column("sleutel", sa.LargeBinary, nullable=False),
    sa.Column("inhoud", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("code", sa.String, nullable=False, default=""),
)
