/* Where the cells of a flat file's rows are. Quotes mean nothing here. */
#include <wasm_simd128.h>

#include "kernel.h"

enum { LINE_END = '\n', RETURN = '\r', STEP = 64 };

/* Which of 64 bytes are cell ends, and which may end a line. */
typedef struct {
    uint64_t cells, lines;
} marks;

static marks marks_in(const byte *text, v128_t cell_end, v128_t line_end, v128_t ret) {
    marks found = {0, 0};
    for (int part = 0; part < STEP; part += 16) {
        v128_t here = wasm_v128_load(text + part);
        v128_t line =
            wasm_v128_or(wasm_i8x16_eq(here, line_end), wasm_i8x16_eq(here, ret));
        found.cells |= (uint64_t)wasm_i8x16_bitmask(wasm_i8x16_eq(here, cell_end))
                       << part;
        found.lines |= (uint64_t)wasm_i8x16_bitmask(line) << part;
    }
    return found;
}

static uint32_t lines_of(const byte *text, uint32_t size) {
    uint32_t lines = 1;
    v128_t line_end = wasm_i8x16_splat(LINE_END);
    uint32_t at = 0;
    for (; at + 16 <= size; at += 16)
        lines += (uint32_t)__builtin_popcount(wasm_i8x16_bitmask(
            wasm_i8x16_eq(wasm_v128_load(text + at), line_end)));
    for (; at < size; at++) lines += text[at] == LINE_END;
    return lines;
}

static int is_header(const gap *header, const byte *line, uint32_t size) {
    return size == header->size && same(line, (const byte *)header->text, size);
}

/* Note where cells begin, behind marks; NULL where a row has too many of them. */
static inline __attribute__((always_inline)) uint32_t *noted(uint64_t found,
                                                             uint32_t base,
                                                             uint32_t *cell,
                                                             uint32_t most,
                                                             const uint32_t *behind) {
    for (; found; found &= found - 1) {
        cell += most;
        if (cell >= behind) return 0;
        *cell = base + (uint32_t)__builtin_ctzll(found) + 1;
    }
    return cell;
}

/* Return the rows, with where their cells begin, column after column, and in one
   column more what is behind the last cells; or DECLINED where some row has another
   number of cells or repeats the header, or a line end is not "\n" or "\r\n". Blank
   lines are no rows. */
static int32_t find(const byte *text, uint32_t size, byte delimiter, uint32_t columns,
                    const gap *header, uint32_t *starts, uint32_t most) {
    v128_t cell_end = wasm_i8x16_splat((char)delimiter);
    v128_t line_end = wasm_i8x16_splat(LINE_END), ret = wasm_i8x16_splat(RETURN);
    uint32_t *row = starts, *cell = starts, start = 0;
    const uint32_t behind = columns * most;
    *cell = 0;
    for (uint32_t base = 0; base < size; base += STEP) {
        marks here = marks_in(text + base, cell_end, line_end, ret);
        uint64_t inside = size - base < STEP ? (1ull << (size - base)) - 1 : ~0ull;
        uint64_t left = here.cells & inside;
        for (uint64_t lines = here.lines & inside; lines; lines &= lines - 1) {
            uint64_t before = (lines & -lines) - 1;
            cell = noted(left & before, base, cell, most, row + behind);
            if (!cell) return DECLINED;
            left &= ~before;
            uint32_t at = base + (uint32_t)__builtin_ctzll(lines);
            if (text[at] == RETURN) {
                if (at + 1 >= size || text[at + 1] != LINE_END) return DECLINED;
                continue;
            }
            uint32_t returned = at > start && text[at - 1] == RETURN;
            if (at - returned > start || cell != row) {
                cell += most;
                if (cell != row + behind ||
                    is_header(header, text + start, at - returned - start))
                    return DECLINED;
                *cell = at + 1 - returned;
                row++;
            }
            cell = row;
            *cell = start = at + 1;
        }
        cell = noted(left, base, cell, most, row + behind);
        if (!cell) return DECLINED;
    }
    if (start < size) {
        cell += most;
        if (cell != row + behind || is_header(header, text + start, size - start))
            return DECLINED;
        *cell = size + 1;
        row++;
    }
    return row - starts;
}

/* Read a block of whole rows. Returns their number and sets the columns, or DECLINED,
   or -2 - k where some cell of column k does not fit its kind. */
WASM(rows) int32_t rows(void) {
    begin_block();
    const byte *text = (const byte *)the_job.text;
    uint32_t size = the_job.size, columns = the_job.count;
    column *to = (column *)the_job.columns;
    if (!columns) return DECLINED;
    /* a row has a mark for each of its columns, blank lines have one */
    uint32_t most = lines_of(text, size), marked = size / columns + 1;
    most = (most < marked ? most : marked) + 1;
    uint64_t room = (uint64_t)most * (columns + 1) * 4;
    if (room > 0x40000000u) return DECLINED;
    uint32_t *starts = take((uint32_t)room);
    const gap *header = (const gap *)the_job.gaps;
    int32_t found =
        find(text, size, (byte)the_job.delimiter, columns, header, starts, most);
    if (found < 0) return found;
    cells where = {starts, most, most, 1};
    int32_t misfit =
        write_columns(text, where, (uint32_t)found, to, columns, the_job.nothing);
    return misfit < 0 ? found : -2 - misfit;
}
