"""What was seen and cosigned, and proof of what could not be."""

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
        "gezien",
        sa.Column("grootte", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("wortel", sa.LargeBinary, nullable=False),
        sa.Column("tijd", sa.BigInteger, nullable=False),
        sa.Column("notitie", sa.Text, nullable=False),
    )
    op.create_table(
        "alarm",
        sa.Column("nummer", sa.Integer, primary_key=True),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("tijd", sa.BigInteger, nullable=False),
        sa.Column("gezien", sa.Text, nullable=False),
        sa.Column("getoond", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Take the tables away."""
    for table in ("alarm", "gezien"):
        op.drop_table(table)
