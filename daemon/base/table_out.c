/*
 * table_out.c - a cell is a member of an object, or a field between commas.
 */
#include "base/table_out.h"

#include <math.h>
#include <string.h>

#include "base/num.h"
#include "base/str.h"

static void csv_text(struct buf *buf, struct cw_str text)
{
    bool formula = text.n > 0 && strchr("=+-@\t\r", text.p[0]) && text.p[0];
    buf_add_char(buf, '"');
    if (formula)
        buf_add_char(buf, '\'');
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '"')
            buf_add_char(buf, '"');
        buf_add_char(buf, text.p[i]);
    }
    buf_add_char(buf, '"');
}

void table_out_init(struct table_out *table, struct buf *buf, const char *const *column,
                    bool csv)
{
    *table = (struct table_out){.column = column, .csv = csv};
    json_out_init(&table->json, buf);
    for (size_t i = 0; csv && column[i]; i++)
        buf_printf(buf, "%s%s", i ? "," : "", column[i]);
    if (csv)
        buf_add_text(buf, "\r\n");
}

/* Where the cell's value goes; NULL in JSON, where its key is written. */
static struct buf *begin_cell(struct table_out *table)
{
    if (table->csv) {
        if (table->place > 0)
            buf_add_char(table->json.buf, ',');
        return table->json.buf;
    }
    if (table->place == 0)
        json_object(&table->json);
    json_key(&table->json, table->column[table->place]);
    return NULL;
}

static void end_cell(struct table_out *table)
{
    if (table->column[++table->place])
        return;
    table->place = 0;
    if (table->csv)
        buf_add_text(table->json.buf, "\r\n");
    else
        json_object_end(&table->json);
}

void table_text(struct table_out *table, struct cw_str text)
{
    struct buf *csv = begin_cell(table);
    if (csv)
        csv_text(csv, text);
    else
        json_text(&table->json, text);
    end_cell(table);
}

void table_int(struct table_out *table, int64_t value)
{
    struct buf *csv = begin_cell(table);
    if (csv)
        buf_printf(csv, "%lld", (long long)value);
    else
        json_int(&table->json, value);
    end_cell(table);
}

void table_real(struct table_out *table, double value)
{
    char text[NUM_MAX];
    struct buf *csv = begin_cell(table);
    if (!csv)
        json_real(&table->json, value);
    else if (!isnan(value))
        buf_add(csv, text, num_format_f64(value, text));
    end_cell(table);
}

void table_bool(struct table_out *table, bool value)
{
    struct buf *csv = begin_cell(table);
    if (csv)
        buf_add_text(csv, value ? "true" : "false");
    else
        json_bool(&table->json, value);
    end_cell(table);
}
