"""Leaves in order, tiles of the tree, checkpoints."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "logblad",
        sa.Column("nummer", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("partitie", sa.Integer, nullable=False),
        sa.Column("plaats", sa.BigInteger, nullable=False),
        sa.Column("inhoud", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("partitie", "plaats", name="uq_logblad_plaats"),
    )
    op.create_table(
        "tegel",
        sa.Column("niveau", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("nummer", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "controlepunt",
        sa.Column("grootte", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("wortel", sa.LargeBinary, nullable=False),
        sa.Column("tijd", sa.BigInteger, nullable=False),
        sa.Column("getuigen", sa.Integer, nullable=False),
        sa.Column("notitie", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Take the tables away."""
    for table in ("controlepunt", "tegel", "logblad"):
        op.drop_table(table)
