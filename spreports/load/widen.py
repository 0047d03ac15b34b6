"""One type for a column that has several over the years.

The rule, in this order:

1. what the catalogue says, where every file's type leads there without loss: an integer
   to a decimal or a float, a day to a timestamp, text that the catalogue can type;
2. the wider one: integers of 64 bits; integers and decimals a decimal; integers and
   floats a float; days and timestamps a timestamp; lists by their items, structs by
   their fields;
3. text, which holds every plain value exactly; a float and a decimal meet there.

No file's type is better than another's: the first does not decide.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["in_type", "leads_to", "plain_type", "widened"]

DECIMAL_DIGITS = 38
INTEGER_DIGITS = 19  # of the greatest with 64 bits


def leads_to(have: pa.DataType, want: pa.DataType) -> bool:
    """Tell whether every value of one type is exactly one of another.

    Parameters
    ----------
    have, want : pyarrow.DataType

    Returns
    -------
    bool
        Text leads to text alone here: whether it can be typed is the catalogue's.
    """
    is_a = pa.types
    leads = False
    if have == want or is_a.is_null(have):
        leads = True
    elif is_a.is_decimal(want):
        leads = _fits_decimal(have, want)
    elif is_a.is_integer(want):
        leads = is_a.is_integer(have) and have.bit_width <= want.bit_width
    elif is_a.is_float64(want):
        # Float64 counts to 2**53 one by one, and Amazon's counts end far below
        leads = is_a.is_integer(have) or is_a.is_floating(have)
    elif is_a.is_timestamp(want):
        leads = is_a.is_date(have)
    elif is_a.is_string(want):
        leads = not is_a.is_nested(have)
    return bool(leads)


def widened(types: Iterable[pa.DataType]) -> pa.DataType | None:
    """Return the narrowest type that holds the values of all.

    Parameters
    ----------
    types : iterable of pyarrow.DataType

    Returns
    -------
    pyarrow.DataType or None
        None where there is none: a list or struct and a plain value.
    """
    found: pa.DataType | None = pa.null()
    for each in types:
        found = None if found is None else _both(found, each)
    return found


def _both(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    """Return the narrowest type of two."""
    is_a = pa.types
    if a == b or is_a.is_null(b):
        return a
    if is_a.is_null(a):
        return b
    if is_a.is_nested(a) or is_a.is_nested(b):
        return _nested(a, b)
    if is_a.is_integer(a) and is_a.is_integer(b):
        return pa.int64()
    if _exact(a) and _exact(b):
        return _decimals(a, b)
    either = ((a, b), (b, a))
    return next((want for have, want in either if leads_to(have, want)), pa.string())


def _nested(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    """Return a list or struct that holds both, None where one is neither."""
    if pa.types.is_list(a) and pa.types.is_list(b):
        item = _both(a.value_type, b.value_type)
        return None if item is None else pa.list_(item)
    if pa.types.is_struct(a) and pa.types.is_struct(b):
        return _structs(a, b)
    return None


def _exact(dtype: pa.DataType) -> bool:
    """Tell whether a type is of exact numbers."""
    return bool(pa.types.is_integer(dtype) or pa.types.is_decimal(dtype))


def _fits_decimal(have: pa.DataType, want: pa.DataType) -> bool:
    """Tell whether every integer or decimal of a type is a decimal of another."""
    whole = want.precision - want.scale
    if pa.types.is_integer(have):
        return bool(whole >= INTEGER_DIGITS)
    return bool(
        pa.types.is_decimal(have)
        and have.scale <= want.scale
        and have.precision - have.scale <= whole
    )


def _decimals(a: pa.DataType, b: pa.DataType) -> pa.DataType:
    """Return a decimal that holds both, text where 38 digits are too few."""
    whole, scale = 0, 0
    for each in (a, b):
        if pa.types.is_integer(each):
            whole = max(whole, INTEGER_DIGITS)
        else:
            whole = max(whole, each.precision - each.scale)
            scale = max(scale, each.scale)
    if whole + scale > DECIMAL_DIGITS:
        return pa.string()
    return pa.decimal128(DECIMAL_DIGITS, scale)


def _structs(a: pa.DataType, b: pa.DataType) -> pa.DataType | None:
    """Return a struct that has the fields of both."""
    fields: dict[str, pa.DataType] = {field.name: field.type for field in a}
    for field in b:
        both = _both(fields.get(field.name, pa.null()), field.type)
        if both is None:
            return None
        fields[field.name] = both
    return pa.struct(list(fields.items()))


def in_type(column: pa.Array, dtype: pa.DataType) -> pa.Array:
    """Return a column in a wider type; the parts of structs may be more, in any order.

    Arrow before 20 casts no struct to one whose fields stand in another order.

    Parameters
    ----------
    column : pyarrow.Array, n cells
    dtype : pyarrow.DataType

    Returns
    -------
    pyarrow.Array, n cells

    Raises
    ------
    pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError
        As ``cast``.
    """
    is_a, have = pa.types, column.type
    if is_a.is_struct(dtype) and is_a.is_struct(have):
        parts = [
            in_type(column.field(part.name), part.type)
            if have.get_field_index(part.name) >= 0
            else pa.nulls(len(column), part.type)
            for part in dtype
        ]
        missing = column.is_null()
        return pa.StructArray.from_arrays(parts, fields=list(dtype), mask=missing)
    if is_a.is_list(dtype) and is_a.is_list(have):
        # A slice's own offsets cannot have a mask
        offsets = pc.add(column.offsets, 0)
        items = in_type(column.values, dtype.value_type)
        missing = column.is_null()
        return pa.ListArray.from_arrays(offsets, items, type=dtype, mask=missing)
    return column.cast(dtype)


def plain_type(dtype: pa.DataType) -> pa.DataType:
    """Return the type of the values, however they are stored.

    Parameters
    ----------
    dtype : pyarrow.DataType

    Returns
    -------
    pyarrow.DataType
        Without dictionaries, views and large offsets; times in microseconds, those
        with a zone in UTC.
    """
    is_a = pa.types
    if is_a.is_dictionary(dtype):
        dtype = plain_type(dtype.value_type)
    elif is_a.is_large_string(dtype) or is_a.is_string_view(dtype):
        dtype = pa.string()
    elif is_a.is_timestamp(dtype):
        dtype = pa.timestamp("us", "UTC" if dtype.tz else None)
    elif is_a.is_date(dtype):
        dtype = pa.date32()
    elif is_a.is_list(dtype) or is_a.is_large_list(dtype):
        dtype = pa.list_(plain_type(dtype.value_type))
    elif is_a.is_struct(dtype):
        dtype = pa.struct([pa.field(f.name, plain_type(f.type)) for f in dtype])
    return dtype
