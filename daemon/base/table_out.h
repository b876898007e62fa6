/*
 * table_out.h - rows of named columns, as JSON objects for programs or as CSV (RFC 4180) for a
 * spreadsheet: written once, read both ways.
 *
 * A text that a spreadsheet would take for a formula gets an apostrophe in CSV.
 */
#ifndef BASE_TABLE_OUT_H
#define BASE_TABLE_OUT_H

#include "base/json_out.h"

struct table_out {
    const char *const *column; /* ends with NULL; borrowed */
    bool csv;
    uint32_t place; /* of the next cell in its row */
    struct json_out json;
};

/* CSV: writes the head. JSON: items of an array that the caller has begun. */
void table_out_init(struct table_out *table, struct buf *buf, const char *const *column,
                    bool csv);
/* Cells in the order of the columns; the row ends with the last one. */
void table_text(struct table_out *table, struct cw_str text);
void table_int(struct table_out *table, int64_t value);
void table_real(struct table_out *table, double value); /* NAN: nothing */
void table_bool(struct table_out *table, bool value);

#endif
