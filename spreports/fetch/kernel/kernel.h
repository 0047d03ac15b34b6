/* Text of one block to the buffers of Arrow columns, in a sandbox.

   A block goes through two steps. The first finds where each cell is (rows.c for flat
   files, records.c for JSON records) and proves that nothing else stands in the text.
   The second (cells.c) goes column by column and writes buffers. Whatever is not
   written in the plain way is declined, never guessed: Python then reads the block
   another way, which says what is wrong, if anything is.

   Compiled for wasm32 by tools/build_kernel.py: no C library, no imports. */
#ifndef SPREPORTS_KERNEL_H
#define SPREPORTS_KERNEL_H

#include <stdint.h>

typedef uint8_t byte;

/* As spreports/fetch/kernel/columns.py numbers them. */
enum kind {
    TEXT,
    INT64,
    FLOAT64,
    DECIMAL,
    BOOLEAN,
    DATE,
    TIMESTAMP,
    CODED,         /* few texts, each once; of flat files */
    CODED_DECIMAL, /* the same of decimals: two that are equal may be written twice */
    LOCAL_DECIMAL, /* with a comma or a point, and one or two digits behind it */
    LIST           /* of JSON: its text without blanks, and no string's */
};

/* A column, as Python writes and reads it: addresses in this memory. */
typedef struct {
    uint32_t kind;
    uint32_t written; /* of a day or timestamp: a pattern, or 0 for ISO 8601 */
    uint32_t nulls;
    uint32_t valid;  /* bits, one a row */
    uint32_t values; /* numbers, bits of a boolean, where each text ends, or codes */
    uint32_t data;   /* the texts, or what is coded, each once */
    uint32_t size;   /* of the texts, bytes */
    uint32_t ends;   /* where each coded text ends */
    uint32_t count;  /* of what is coded */
    uint32_t dashes; /* whether what stands for no number is null; see `is_dash` */
} column;

/* How a day or timestamp is written: text of one width, and a zone behind it or none. */
typedef struct {
    uint32_t text, width; /* 0 for each digit */
    uint32_t zones, count;
    int32_t offset; /* seconds east of UTC, where no zone stands behind it */
    byte places[8]; /* of year, month, day, and hour, minute and second, or NO_CLOCK */
} pattern;

typedef struct {
    byte name[8]; /* filled up with zeros */
    int32_t offset;
    int32_t spare;
} zone;

/* A text. */
typedef struct {
    const byte *at, *end;
} piece;

/* A key of JSON records. The first one of all is none: it is the record itself. */
typedef struct {
    uint32_t text, size;   /* without its quotes */
    uint32_t column;       /* of an object, texts: empty where it is there; or NO_CELL */
    uint32_t parent;       /* the object that it stands in */
    uint32_t first, count; /* the keys in it; where there are none, it has a value */
} key;

/* Where cells are, column after column: cell r of column k begins at
   at[k * step + r], and ends `less` bytes before at[k * step + width + r]. */
typedef struct {
    const uint32_t *at;
    uint32_t step, width, less;
    uint32_t quoting; /* DOUBLED only where some quote is */
} cells;

/* What to do with a block, as Python writes it before each call: a call's parameters
   take longer to hand over than a short block takes to read. */
typedef struct {
    uint32_t text, size;
    uint32_t columns, count;
    uint32_t delimiter; /* of flat files */
    uint32_t nothing;   /* which texts of theirs are null */
    uint32_t quoting;   /* what their quotes mean */
    uint32_t header, header_size; /* of flat files: the first line */
    uint32_t pads;                /* of flat files: short rows may lack their last cells */
    uint32_t keys, key_count;     /* of records */
    uint32_t table;     /* of a charset */
    uint32_t made;      /* set here: UTF-8 */
    uint32_t made_size;
    uint32_t padded;    /* set here: short rows */
} job;

extern job the_job;

enum {
    NO_CELL = 0xffffffffu, /* for a beginning: JSON's null */
    ESCAPED = 0x80000000u, /* in an end: the text has escapes; or a nested one some that
                              Python would write another way */
    NESTED = 0x40000000u,  /* in an end: it is a list or an object, with its blanks */
    PLACE = 0x3fffffffu,   /* an end without these */
    SLACK = 64,            /* bytes that may be read or written behind a text */
};

/* The result of a block. */
enum { DECLINED = -1 };

#define WASM(name) __attribute__((export_name(#name)))

void *take(uint32_t size);
void begin_block(void);
int same(const byte *one, const byte *other, uint32_t size);
uint32_t count_of(byte letter, const byte *text, uint32_t size);

/* Return the first column whose cells do not all fit, or -1. */
int32_t write_columns(const byte *text, cells where, uint32_t rows, column *to,
                      uint32_t columns, uint32_t nothing);

/* Lists and objects of JSON in place of a scalar (nested.c): what is behind one, or NULL
   where it is not sound but for its escapes, or has more levels than so many; and its
   text without blanks. */
enum { MOST_LEVELS = 8 };
const byte *list_or_object(const byte *at, const byte *end, uint32_t levels,
                           uint32_t *escaped);
byte *without_blanks(piece from, byte *to);

/* What quotes mean: nothing, or they are around cells; one inside stands twice, or as it
   is. */
enum { BARE = 0, DOUBLED = 1, ENCLOSED = 2 };

/* Which texts are null. */
enum { KEPT = 0, EMPTY = 1, EMPTY_OR_SPACE = 2 };

#endif
