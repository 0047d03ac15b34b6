"""``demo``: the main job from end to end, on the embedded Amazon."""

from __future__ import annotations

import argparse
from pathlib import Path

from spreports.cli.arguments import add_json
from spreports.cli.exits import DONE
from spreports.cli.output import say, write_frame
from spreports.cli.progress import shown


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command of this file."""
    demo = commands.add_parser(
        "demo", help="90 days of made-up orders to a lake under ./lake/demo"
    )
    # Not where the first own lake goes, which may have other folders
    demo.add_argument("--to", default="lake/demo", help="./lake/demo when left out")
    add_json(demo)
    demo.set_defaults(run=demo_command)


def demo_command(arguments: argparse.Namespace) -> int:
    """Ask for orders, write a partitioned lake, and look at the rows."""
    import polars as pl  # noqa: PLC0415 - heavy

    from spreports import connect  # noqa: PLC0415 - heavy

    target = str(Path(arguments.to) / "orders")
    with connect("simulator") as client:
        orders = client.reports("orders", start="90d", marketplaces=["DE", "FR"])
        say("The plan (nothing was asked yet):")
        say(str(orders.plan()))
        say("\nThe embedded Amazon is asked; its clock runs fast:")
        with shown() as on_progress:
            orders.wait(on_progress=on_progress)
        written = orders.sink(
            target, partition_by=["sales-channel", "purchase-date:month"]
        )
        say(
            f"\nWritten to {target}: {written.rows:,} rows in {written.files} files, "
            f"{written.bytes:,} bytes"
        )
        for path in sorted(Path(target).rglob("*.parquet"))[:4]:
            say(f"  {path}")
        say("  ...\n\nSales by channel and currency, from the LazyFrame:")
        sales = (
            orders.scan()
            .filter(pl.col("item-price").is_not_null())
            .group_by("sales-channel", "currency")
            .agg(
                pl.len().alias("lines"),
                pl.col("quantity").sum().alias("units"),
                pl.col("item-price").sum().alias("sales"),
            )
            .sort("sales-channel", "currency")
        )
        write_frame(sales.collect(), as_json=arguments.json)
    return DONE
