/*
 * field.c - one value on its way in: checked against its field, written as the JSON that is
 * kept. Spreadsheets know texts only, so a number or a date may come as one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/instant.h"
#include "base/num.h"
#include "base/units.h"
#include "base/uscc.h"
#include "core/ingest/document.h"
#include "core/registry/book_private.h"

#define MAX_LIST 256u

struct reading {
    const struct entry_field *field;
    const struct cw_doc *doc;
    const struct cw_node *node;
    struct json_out *out;
    struct cw_error *err;
};

static int wrong(const struct reading *r, const char *wanted)
{
    if (r->node->type == CW_NODE_TEXT)
        return err_set(r->err, -EINVAL, "\"%s\" is \"%.*s\": it must be %s.", r->field->name,
                       (int)utf8_cut(r->node->v.text, 60), r->node->v.text.p, wanted);
    return err_set(r->err, -EINVAL, "\"%s\" must be %s.", r->field->name, wanted);
}

static int read_id(const struct reading *r)
{
    if (r->node->type != CW_NODE_TEXT || !id_valid(r->node->v.text))
        return wrong(r, "an id of letters, digits, '_', '.' and '-'");
    json_text(r->out, r->node->v.text);
    return 0;
}

static int read_text(const struct reading *r)
{
    char wanted[64];
    (void)snprintf(wanted, sizeof(wanted), "a text of at most %d bytes", (int)r->field->max);
    if (r->node->type != CW_NODE_TEXT || (double)r->node->v.text.n > r->field->max)
        return wrong(r, wanted);
    json_text(r->out, r->node->v.text);
    return 0;
}

static bool number_of(const struct cw_node *node, double *value)
{
    if (node->type == CW_NODE_TEXT)
        return num_parse_f64(node->v.text, value) == 0;
    *value = node->v.f64;
    return node->type == CW_NODE_INT || node->type == CW_NODE_REAL;
}

static int read_int(const struct reading *r)
{
    char wanted[80];
    int64_t value = r->node->i64;
    bool good = r->node->type == CW_NODE_INT ||
                (r->node->type == CW_NODE_TEXT && !num_parse_i64(r->node->v.text, &value));
    (void)snprintf(wanted, sizeof(wanted), "a whole number from %.0f to %.0f", r->field->min,
                   r->field->max);
    if (!good || (double)value < r->field->min || (double)value > r->field->max)
        return wrong(r, wanted);
    json_int(r->out, value);
    return 0;
}

static int read_real(const struct reading *r)
{
    char wanted[80];
    double value = 0;
    (void)snprintf(wanted, sizeof(wanted), "a number from %g to %g", r->field->min,
                   r->field->max);
    if (!number_of(r->node, &value) || !(value >= r->field->min && value <= r->field->max))
        return wrong(r, wanted);
    json_real(r->out, value);
    return 0;
}

static bool bool_of(const struct cw_node *node, bool *value)
{
    static const char yes[] = "yes=true|是|1", no[] = "no=false|否|0";
    if (node->type == CW_NODE_BOOL) {
        *value = node->v.boolean != 0;
        return true;
    }
    if (node->type != CW_NODE_TEXT)
        return false;
    *value = choice_code(yes, node->v.text).n > 0;
    return *value || choice_code(no, node->v.text).n > 0;
}

static int read_bool(const struct reading *r)
{
    bool value = false;
    if (!bool_of(r->node, &value))
        return wrong(r, "true or false");
    json_bool(r->out, value);
    return 0;
}

/* A date is the midnight UTC that it begins with; what is due counts in days of its own. */
static int read_time(const struct reading *r)
{
    int64_t day = 0, ns = 0;
    if (r->node->type == CW_NODE_TEXT && civil_parse(r->node->v.text, &day) == 0)
        ns = day * 86400 * NS_PER_S;
    else if (document_node_time(r->node, &ns))
        return wrong(r, "a time: milliseconds since 1970, RFC 3339 or a date");
    char text[INSTANT_MAX];
    json_text(r->out, (struct cw_str){text, instant_format(ns, text)});
    return 0;
}

static int read_date(const struct reading *r)
{
    int64_t day;
    if (r->node->type != CW_NODE_TEXT || civil_parse(r->node->v.text, &day))
        return wrong(r, "a date as 2026-01-31");
    json_text(r->out, r->node->v.text);
    return 0;
}

static int read_choice(const struct reading *r)
{
    struct cw_str code = CW_STR("");
    if (r->node->type == CW_NODE_TEXT)
        code = choice_code(r->field->choices, r->node->v.text);
    if (code.n == 0)
        return wrong(r, r->field->choices);
    json_text(r->out, code);
    return 0;
}

static int read_ids_of_text(const struct reading *r)
{
    struct cw_str rest = r->node->v.text, id;
    uint32_t n = 0;
    while (str_split(&rest, ';', &id)) {
        while (id.n > 0 && id.p[0] == ' ') {
            id.p++;
            id.n--;
        }
        if (id.n == 0)
            continue;
        if (!id_valid(id) || ++n > MAX_LIST)
            return wrong(r, "ids with ';' between them");
        json_text(r->out, id);
    }
    return 0;
}

static int read_ids(const struct reading *r)
{
    const struct cw_node *child = NULL;
    if (r->node->type != CW_NODE_TEXT && r->node->type != CW_NODE_ARRAY)
        return wrong(r, "a list of ids");
    int code = 0;
    json_array(r->out);
    if (r->node->type == CW_NODE_TEXT)
        code = read_ids_of_text(r);
    while (r->node->type == CW_NODE_ARRAY && code == 0 &&
           (child = document_next(r->doc, r->node, child))) {
        if (child->type != CW_NODE_TEXT || !id_valid(child->v.text) ||
            r->node->n_children > MAX_LIST)
            code = wrong(r, "a list of ids");
        else
            json_text(r->out, child->v.text);
    }
    json_array_end(r->out);
    return code;
}

static int read_uscc(const struct reading *r)
{
    if (r->node->type != CW_NODE_TEXT || r->node->v.text.n != USCC_LENGTH)
        return wrong(r, "a unified code of 18 characters");
    char digit = uscc_check_digit(r->node->v.text);
    if (digit == '\0')
        return wrong(r, "a unified code: digits and capitals without I, O, S, V, Z");
    if (!uscc_valid(r->node->v.text))
        return err_set(r->err, -EINVAL,
                       "\"%s\" is \"%.*s\": its check digit does not fit, it would be %c.",
                       r->field->name, (int)r->node->v.text.n, r->node->v.text.p, digit);
    json_text(r->out, r->node->v.text);
    return 0;
}

/* ---- objects of id and value ---- */

static int pair_number(const struct reading *r, const struct cw_node *child)
{
    double value = 0;
    if (!number_of(child, &value) || !(value >= r->field->min && value <= r->field->max))
        return wrong(r, "an object of ids and numbers");
    json_real(r->out, value);
    return 0;
}

static int pair_flag(const struct reading *r, const struct cw_node *child)
{
    bool value = false;
    if (!bool_of(child, &value))
        return wrong(r, "an object of ids and true or false");
    json_bool(r->out, value);
    return 0;
}

static int pair_date(const struct reading *r, const struct cw_node *child)
{
    int64_t day;
    if (child->type != CW_NODE_TEXT || civil_parse(child->v.text, &day))
        return wrong(r, "an object of ids and dates");
    json_text(r->out, child->v.text);
    return 0;
}

/* From a spreadsheet: "vitals=true;location=false". */
static int pairs_of_text(const struct reading *r,
                         int (*pair)(const struct reading *, const struct cw_node *))
{
    struct cw_str rest = r->node->v.text, one, key;
    char name[MAX_ID + 1];
    while (str_split(&rest, ';', &one)) {
        struct cw_node child = {.type = CW_NODE_TEXT};
        if (one.n == 0)
            continue;
        if (!str_split(&one, '=', &key) || !id_valid(key))
            return wrong(r, "id=value, with ';' between them");
        child.v.text = one;
        (void)str_copy(name, sizeof(name), key);
        json_key(r->out, name);
        if (pair(r, &child))
            return -EINVAL;
    }
    return 0;
}

static int read_pairs(const struct reading *r,
                      int (*pair)(const struct reading *, const struct cw_node *))
{
    char name[MAX_ID + 1];
    const struct cw_node *child = NULL;
    bool is_text = r->node->type == CW_NODE_TEXT;
    if ((!is_text && r->node->type != CW_NODE_OBJECT) || r->node->n_children > MAX_LIST)
        return wrong(r, "an object of ids and values");
    json_object(r->out);
    int code = is_text ? pairs_of_text(r, pair) : 0;
    while (!is_text && code == 0 && (child = document_next(r->doc, r->node, child))) {
        if (!id_valid(child->key))
            return wrong(r, "an object of ids and values");
        (void)str_copy(name, sizeof(name), child->key);
        json_key(r->out, name);
        code = pair(r, child);
    }
    json_object_end(r->out);
    return code;
}

static int read_numbers(const struct reading *r)
{
    return read_pairs(r, pair_number);
}

static int read_flags(const struct reading *r)
{
    return read_pairs(r, pair_flag);
}

static int read_dates(const struct reading *r)
{
    return read_pairs(r, pair_date);
}

static int read_proof(const struct reading *r)
{
    const struct cw_node *child = NULL;
    if (r->node->type == CW_NODE_TEXT)
        return r->node->v.text.n > 0 ? read_text(r) : wrong(r, "a text that is not empty");
    if (r->node->type != CW_NODE_ARRAY || r->node->n_children == 0 ||
        r->node->n_children > MAX_LIST)
        return wrong(r, "a text or a list of texts");
    json_array(r->out);
    while ((child = document_next(r->doc, r->node, child))) {
        if (child->type != CW_NODE_TEXT || child->v.text.n == 0 ||
            (double)child->v.text.n > r->field->max)
            return wrong(r, "a text or a list of texts");
        json_text(r->out, child->v.text);
    }
    json_array_end(r->out);
    return 0;
}

int field_read(const struct entry_field *field, const struct cw_doc *doc,
               const struct cw_node *node, struct buf *json, struct cw_error *err)
{
    static int (*const reader[])(const struct reading *r) = {
        [FIELD_ID] = read_id,       [FIELD_TEXT] = read_text,       [FIELD_INT] = read_int,
        [FIELD_REAL] = read_real,   [FIELD_BOOL] = read_bool,       [FIELD_TIME] = read_time,
        [FIELD_DATE] = read_date,   [FIELD_CHOICE] = read_choice,   [FIELD_IDS] = read_ids,
        [FIELD_USCC] = read_uscc,   [FIELD_NUMBERS] = read_numbers, [FIELD_FLAGS] = read_flags,
        [FIELD_DATES] = read_dates, [FIELD_PROOF] = read_proof,
    };
    struct json_out out;
    json_out_init(&out, json);
    struct reading r = {.field = field, .doc = doc, .node = node, .out = &out, .err = err};
    int code = reader[field->type](&r);
    if (code == 0 && json->full)
        code = err_set(err, -EINVAL, "\"%s\" is too long.", field->name);
    return code;
}

/* ---- choices ---- */

struct cw_str choice_code(const char *choices, struct cw_str word)
{
    struct cw_str rest = str_of(choices), one, name;
    while (str_split(&rest, '|', &one)) {
        struct cw_str code = one;
        for (bool first = true; str_split(&one, '=', &name); first = false) {
            if (first)
                code = name;
            if (str_eq(name, word))
                return code;
        }
    }
    return CW_STR("");
}
