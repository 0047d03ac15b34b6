"""Made-up XML order documents of any size, the same for the same seed."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from xml.sax.saxutils import unescape

from benchmarks.documents import CHANNELS, CITIES, DAYS, FIRST_DAY, fill, kept

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<AmazonEnvelope xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" \
xsi:noNamespaceSchemaLocation="amzn-envelope.xsd">
  <Header>
    <DocumentVersion>1.00</DocumentVersion>
  </Header>
  <MessageType>AllOrdersReport</MessageType>
"""
TAIL = "</AmazonEnvelope>\n"
ORDERS_A_BLOCK = 2_000
_NAME = re.compile("(?<=<ProductName>)[^<]*")
WORDS = ["Blue", "Kettle", "Lampe", "Teller", "Größe", "Étui", "Set", "Salt &amp; Co"]


def xml_orders(
    folder: Path, mebibytes: int, seed: int = 1, *, asides: bool = False
) -> Path:
    """Return an XML all-orders document of about so many MiB; see `kept`.

    With asides, a comment stands in each order and names are CDATA sections.
    """
    name = "orders-asides" if asides else "orders"
    return kept(
        folder / f"{name}-{mebibytes}-{seed}.xml.gz",
        lambda file: _write(file, mebibytes, random.Random(seed), asides=asides),
    )


def _write(
    file: BinaryIO, mebibytes: int, draw: random.Random, *, asides: bool
) -> None:
    """Write orders between the head and the tail."""

    def block(number: int) -> bytes:
        first = number * ORDERS_A_BLOCK
        orders = "".join(_order(draw, first + k) for k in range(ORDERS_A_BLOCK))
        return (_with_asides(orders) if asides else orders).encode()

    file.write(HEAD.encode())
    fill(file, mebibytes, block)
    file.write(TAIL.encode())


def _with_asides(orders: str) -> str:
    """Return the same orders with comments, and names in CDATA sections."""
    commented = orders.replace("<Order>", "<!-- an order --><Order>")
    return _NAME.sub(lambda name: f"<![CDATA[{unescape(name[0])}]]>", commented)


def _order(draw: random.Random, number: int) -> str:
    """Return one order in its message."""
    bought = FIRST_DAY + timedelta(seconds=draw.randrange(DAYS * 86_400))
    items = "".join(_item(draw, number, k) for k in range(draw.choice((1, 1, 1, 2, 3))))
    return f"""  <Message>
    <Order>
      <AmazonOrderID>{300 + number % 7}-{number:07}</AmazonOrderID>
      <MerchantOrderID>M{number % 100_000}</MerchantOrderID>
      <PurchaseDate>{bought:%Y-%m-%dT%H:%M:%S}+00:00</PurchaseDate>
      <LastUpdatedDate>{bought:%Y-%m-%dT%H:%M:%S}+00:00</LastUpdatedDate>
      <OrderStatus>{draw.choice(("Shipped", "Pending", "Cancelled"))}</OrderStatus>
      <SalesChannel>{draw.choice(CHANNELS)}</SalesChannel>
      <FulfillmentData>
        <FulfillmentChannel>Amazon</FulfillmentChannel>
        <ShipServiceLevel>Expedited</ShipServiceLevel>
        <Address>
          <City>{draw.choice(CITIES)}</City>
          <State/>
          <PostalCode>0{draw.randrange(1000, 9999)}</PostalCode>
          <Country>DE</Country>
        </Address>
      </FulfillmentData>
      <IsBusinessOrder>{draw.choice(("true", "false"))}</IsBusinessOrder>
{items}    </Order>
  </Message>
"""


def _item(draw: random.Random, number: int, item: int) -> str:
    """Return one item of an order."""
    cents = draw.randrange(100, 20_000)
    parts = [("Principal", cents), ("Tax", cents * 19 // 100), ("Shipping", 490)]
    components = "".join(
        f"""          <Component>
            <Type>{kind}</Type>
            <Amount currency="EUR">{amount // 100}.{amount % 100:02}</Amount>
          </Component>
"""
        for kind, amount in parts[: draw.randint(1, 3)]
    )
    return f"""      <OrderItem>
        <AmazonOrderItemCode>{number * 10 + item:014}</AmazonOrderItemCode>
        <ASIN>B0{10_000_000 + draw.randrange(5000)}</ASIN>
        <SKU>00{draw.randrange(5000)}</SKU>
        <ItemStatus>Shipped</ItemStatus>
        <ProductName>{" ".join(draw.choices(WORDS, k=6))}</ProductName>
        <Quantity>{draw.randint(1, 4)}</Quantity>
        <ItemPrice>
{components}        </ItemPrice>
      </OrderItem>
"""
