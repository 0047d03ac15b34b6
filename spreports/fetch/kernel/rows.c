/* Where the cells of a flat file's rows are. */
#include <wasm_simd128.h>

#include "kernel.h"
#include "quotes.h"

enum { LINE_END = '\n', RETURN = '\r', QUOTE = '"', STEP = 64 };

/* Which of 64 bytes are cell ends, and which may end a line. */
typedef struct {
    uint64_t cells, lines;
} marks;

static inline uint64_t quotes_in(const byte *text) {
    uint64_t found = 0;
    for (int part = 0; part < STEP; part += 16)
        found |= (uint64_t)wasm_i8x16_bitmask(wasm_i8x16_eq(
                     wasm_v128_load(text + part), wasm_i8x16_splat(QUOTE)))
                 << part;
    return found;
}

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

static int is_header(const byte *line, uint32_t size) {
    return size == the_job.header_size &&
           same(line, (const byte *)the_job.header, size);
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

/* Give a row that lacks its last cells empty ones from `cell` on; return what is behind
   the last one. An empty cell begins one byte before the next one does. */
static uint32_t *pad(uint32_t *cell, uint32_t at, uint32_t most,
                     const uint32_t *behind) {
    for (; cell < behind; cell += most) *cell = at++;
    *cell = at;
    return cell;
}

/* Return the rows, with where their cells begin, column after column, and in one
   column more what is behind the last cells; or DECLINED where some row has another
   number of cells or repeats the header, a line end is not "\n" or "\r\n", or a quote is
   not around a cell though quotes are DOUBLED. Blank lines are no rows. Where the job
   says so, rows of two cells or more may be short, but for a last one without a line
   end, which is cut. */
static int32_t find(const byte *text, uint32_t size, byte delimiter, uint32_t columns,
                    uint32_t *starts, uint32_t most, quotes *quoted) {
    v128_t cell_end = wasm_i8x16_splat((char)delimiter);
    v128_t line_end = wasm_i8x16_splat(LINE_END), ret = wasm_i8x16_splat(RETURN);
    uint32_t *row = starts, *cell = starts, start = 0;
    const uint32_t behind = columns * most;
    *cell = 0;
    for (uint32_t base = 0; base < size; base += STEP) {
        marks here = marks_in(text + base, cell_end, line_end, ret);
        uint64_t known = size - base < STEP ? (1ull << (size - base)) - 1 : ~0ull;
        here.cells &= known;
        here.lines &= known;
        if (quoted) {
            int fits = 1;
            uint64_t in = inside(quotes_in(text + base) & known, here.cells | here.lines,
                                 known, quoted, &fits);
            if (!fits) return DECLINED;
            here.cells &= ~in;
            here.lines &= ~in;
        }
        uint64_t left = here.cells;
        for (uint64_t lines = here.lines; lines; lines &= lines - 1) {
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
                if (cell != row + behind) {
                    if (!the_job.pads || cell == row + most) return DECLINED;
                    cell = pad(cell, at + 1 - returned, most, row + behind);
                    the_job.padded++;
                } else {
                    if (is_header(text + start, at - returned - start)) return DECLINED;
                    *cell = at + 1 - returned;
                }
                row++;
            }
            cell = row;
            *cell = start = at + 1;
        }
        cell = noted(left, base, cell, most, row + behind);
        if (!cell) return DECLINED;
    }
    if (quoted && quoted->inside) return DECLINED;
    if (start < size) {
        cell += most;
        if (cell != row + behind || is_header(text + start, size - start))
            return DECLINED;
        *cell = size + 1;
        row++;
    }
    return row - starts;
}

/* Return what the last whole row of a text ends with, 0 where none does; or DECLINED
   where a quote is not around a cell. */
WASM(row_end) int32_t row_end(void) {
    const byte *text = (const byte *)the_job.text;
    uint32_t size = the_job.size, last = 0;
    v128_t cell_end = wasm_i8x16_splat((char)the_job.delimiter);
    v128_t line_end = wasm_i8x16_splat(LINE_END), ret = wasm_i8x16_splat(RETURN);
    quotes quoted = {0, 1, 0, 0};
    int fits = 1;
    for (uint32_t base = 0; base < size && fits; base += STEP) {
        marks here = marks_in(text + base, cell_end, line_end, ret);
        uint64_t known = size - base < STEP ? (1ull << (size - base)) - 1 : ~0ull;
        uint64_t ends = (here.cells | here.lines) & known;
        uint64_t in =
            inside(quotes_in(text + base) & known, ends, known, &quoted, &fits);
        uint64_t lines = here.lines & known & ~in;
        while (lines && text[base + 63 - __builtin_clzll(lines)] == RETURN)
            lines &= ~(1ull << (63 - __builtin_clzll(lines)));
        if (lines) last = base + 64 - (uint32_t)__builtin_clzll(lines);
    }
    return fits ? (int32_t)last : DECLINED;
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
    uint32_t most = count_of(LINE_END, text, size) + 1, marked = size / columns + 1;
    most = (most < marked ? most : marked) + 1;
    uint64_t room = (uint64_t)most * (columns + 1) * 4;
    if (room > 0x40000000u) return DECLINED;
    uint32_t *starts = take((uint32_t)room);
    byte delimiter = (byte)the_job.delimiter;
    quotes quoted = {0, 1, 0, 0};
    uint32_t quoting = the_job.quoting;
    the_job.padded = 0;
    int32_t found = find(text, size, delimiter, columns, starts, most,
                         quoting == DOUBLED ? &quoted : 0);
    if (found < 0) return found;
    if (quoting == DOUBLED && !quoted.doubled) quoting = ENCLOSED;
    cells where = {starts, most, most, 1, quoting};
    int32_t misfit =
        write_columns(text, where, (uint32_t)found, to, columns, the_job.nothing);
    return misfit < 0 ? found : -2 - misfit;
}
