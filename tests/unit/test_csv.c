/*
 * test_csv.c - cells as spreadsheets write them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/str.h"

/* "a|b;c|;" or the mistake. */
static const char *read_all(const char *text)
{
    static char out[400], copy[400];
    struct cw_str cell[4];
    struct csv csv;
    struct cw_error err = {""};
    int n;
    size_t at = 0;
    snprintf(copy, sizeof(copy), "%s", text);
    csv_init(&csv, copy, strlen(copy));
    out[0] = '\0';
    while ((n = csv_row(&csv, cell, 4, &err)) > 0) {
        for (int i = 0; i < n; i++)
            at += (size_t)snprintf(out + at, sizeof(out) - at, "%.*s|", (int)cell[i].n,
                                   cell[i].p);
        at += (size_t)snprintf(out + at, sizeof(out) - at, "%u;", csv.line);
    }
    if (n < 0)
        snprintf(out + at, sizeof(out) - at, "%s", err.text);
    return out;
}

static void cells_are_read_as_spreadsheets_write_them(void **state)
{
    static const struct {
        const char *text, *cells;
    } row[] = {
        {"", ""},
        {"a,b\nc,d", "a|b|1;c|d|2;"},
        {"\xef\xbb\xbf"
         "a,b\r\n\r\nc,\r\n",
         "a|b|1;c||3;"},
        {"\"a,\"\"b\"\"\",c", "a,\"b\"|c|1;"},
        {"\"two\nlines\",x\ny", "two\nlines|x|1;y|3;"},
        {" a , b ", "a|b|1;"},
        {",", "||1;"},
        {"\"open", "line 1: a quote is opened and not closed"},
        {"\"a\"b", "line 1: something stands behind a closing quote"},
        {"a\n1,2,3,4,5", "a|1;line 2: more than 4 cells"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        assert_string_equal(read_all(row[i].text), row[i].cells);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_read_as_spreadsheets_write_them)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
