/*
 * test_table_out.c - one table, two notations.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "base/table_out.h"

static const char *const columns[] = {"name", "n", "share", "ok", NULL};

static void write_rows(struct table_out *table)
{
    table_text(table, CW_STR("a \"b\", c"));
    table_int(table, -3);
    table_real(table, 0.25);
    table_bool(table, true);
    table_text(table, CW_STR("=SUM(A1)"));
    table_int(table, 7);
    table_real(table, (double)NAN);
    table_bool(table, false);
}

static void a_table_is_written_as_json_or_csv(void **state)
{
    (void)state;
    static const struct {
        bool csv;
        const char *wanted;
    } rows[] = {
        {true, "name,n,share,ok\r\n\"a \"\"b\"\", c\",-3,0.25,true\r\n"
               "\"'=SUM(A1)\",7,,false\r\n"},
        {false, "[{\"name\":\"a \\\"b\\\", c\",\"n\":-3,\"share\":0.25,\"ok\":true},"
                "{\"name\":\"=SUM(A1)\",\"n\":7,\"share\":null,\"ok\":false}]"},
    };
    for (size_t i = 0; i < 2; i++) {
        struct buf buf;
        struct table_out table;
        buf_init(&buf, 4096);
        table_out_init(&table, &buf, columns, rows[i].csv);
        if (!rows[i].csv)
            json_array(&table.json);
        write_rows(&table);
        if (!rows[i].csv)
            json_array_end(&table.json);
        assert_string_equal(buf_text(&buf), rows[i].wanted);
        buf_done(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_written_as_json_or_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
