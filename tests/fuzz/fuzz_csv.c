/*
 * Any bytes as a spreadsheet: rows end, cells lie within the text and hold no more quotes than
 * were meant, and what was read, written again with quotes, reads the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/csv.h"
#include "base/mem.h"
#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define MAX_CELLS 16u

/* A row is a byte of its own, so that two that were joined would differ. */
static void note_row(const struct cw_str *cell, int n, struct buf *cells, struct buf *again)
{
    for (int i = 0; i < n; i++) {
        buf_printf(cells, "%zu:", cell[i].n);
        buf_add_str(cells, cell[i]);
        buf_add_text(again, i ? ",\"" : "\"");
        for (size_t k = 0; k < cell[i].n; k++) {
            if (cell[i].p[k] == '"')
                buf_add_char(again, '"');
            buf_add_char(again, cell[i].p[k]);
        }
        buf_add_char(again, '"');
    }
    buf_add_char(cells, '\n');
    buf_add_char(again, '\n');
}

static int read_all(char *text, size_t n, struct buf *cells, struct buf *again)
{
    struct csv csv;
    struct cw_str cell[MAX_CELLS];
    struct cw_error err = {""};
    unsigned line = 0;
    int found;
    csv_init(&csv, text, n);
    while ((found = csv_row(&csv, cell, MAX_CELLS, &err)) > 0) {
        if (found > (int)MAX_CELLS || csv.line <= line)
            BUG("a row of %d cells in line %u behind line %u", found, csv.line, line);
        line = csv.line;
        for (int i = 0; i < found; i++)
            if (cell[i].p < text || cell[i].p + cell[i].n > text + n)
                BUG("a cell lies outside of the text");
        note_row(cell, found, cells, again);
    }
    if (found < 0 && !err.text[0])
        BUG("a refused row is refused without a word");
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n > 65536)
        return 0;
    /* A copy without a NUL, so that a sanitizer sees a byte too many. */
    char *copy = xmalloc(n ? n : 1);
    struct buf cells, again, cells_again, unused;
    buf_init(&cells, 1u << 20);
    buf_init(&again, 1u << 20);
    buf_init(&cells_again, 1u << 20);
    buf_init(&unused, 1u << 20);
    if (n)
        memcpy(copy, data, n);
    if (read_all(copy, n, &cells, &again) == 0) {
        char *text = xmalloc(again.n + 1);
        memcpy(text, buf_text(&again), again.n);
        if (read_all(text, again.n, &cells_again, &unused) != 0 ||
            !str_eq(buf_str(&cells), buf_str(&cells_again)))
            BUG("what was written again reads otherwise");
        free(text);
    }
    buf_done(&cells);
    buf_done(&again);
    buf_done(&cells_again);
    buf_done(&unused);
    free(copy);
    return 0;
}
