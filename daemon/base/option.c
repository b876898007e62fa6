/*
 * option.c - text into the fields of a struct, by table. Each type is a row: how it is
 * called, parsed and printed; bounds and ownership are handled around the rows.
 */
#include "base/option.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"
#include "base/units.h"

#define MAX_ITEMS 256
#define SHOWN(s) (int)utf8_cut((s), 60), (s).p ? (s).p : ""

union field {
    int64_t i64; /* first, so that {0} clears all of it */
    int32_t boolean;
    double f64;
    const char *text;
    const char *const *list;
};

_Static_assert(sizeof(union field) == sizeof(int64_t), "i64 covers the union");

struct option_type {
    const char *name;
    size_t size;
    int (*parse)(const struct cw_option *option, struct cw_str text, union field *value,
                 struct cw_error *err);
    void (*print)(const union field *value, struct buf *out);
};

static const struct option_type *type_of(const struct cw_option *option);

/* ---- the types ---- */

static int parse_bool(const struct cw_option *option, struct cw_str text, union field *value,
                      struct cw_error *err)
{
    static const struct {
        const char *word;
        int32_t value;
    } words[] = {{"true", 1},  {"yes", 1}, {"on", 1},  {"1", 1},
                 {"false", 0}, {"no", 0},  {"off", 0}, {"0", 0}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (str_is(text, words[i].word)) {
            value->boolean = words[i].value;
            return 0;
        }
    }
    return err_set(err, -EINVAL, "%s is true or false, not \"%.*s\"", option->name,
                   SHOWN(text));
}

static int parse_int(const struct cw_option *option, struct cw_str text, union field *value,
                     struct cw_error *err)
{
    int rc = num_parse_i64(text, &value->i64);
    if (rc)
        return err_set(err, -EINVAL, "%s is a whole number, not \"%.*s\"", option->name,
                       SHOWN(text));
    return 0;
}

static int parse_real(const struct cw_option *option, struct cw_str text, union field *value,
                      struct cw_error *err)
{
    if (num_parse_f64(text, &value->f64) != 0)
        return err_set(err, -EINVAL, "%s is a number, not \"%.*s\"", option->name, SHOWN(text));
    return 0;
}

static int parse_time(const struct cw_option *option, struct cw_str text, union field *value,
                      struct cw_error *err)
{
    struct cw_error why;
    if (duration_parse(text, &value->i64, &why) != 0)
        return err_set(err, -EINVAL, "%s: %s", option->name, why.text);
    return 0;
}

static int parse_size(const struct cw_option *option, struct cw_str text, union field *value,
                      struct cw_error *err)
{
    struct cw_error why;
    if (size_parse(text, &value->i64, &why) != 0)
        return err_set(err, -EINVAL, "%s: %s", option->name, why.text);
    return 0;
}

static int check_text(const struct cw_option *option, struct cw_str text, struct cw_error *err)
{
    if (text.n && memchr(text.p, '\0', text.n))
        return err_set(err, -EINVAL, "%s has a NUL byte", option->name);
    if (!utf8_valid(text))
        return err_set(err, -EINVAL, "%s is not UTF-8", option->name);
    if (!option->choices)
        return 0;
    struct cw_str rest = str_of(option->choices), choice;
    while (str_split(&rest, '|', &choice)) {
        if (str_eq(choice, text))
            return 0;
    }
    return err_set(err, -EINVAL, "%s is one of %s, not \"%.*s\"", option->name, option->choices,
                   SHOWN(text));
}

static int parse_text(const struct cw_option *option, struct cw_str text, union field *value,
                      struct cw_error *err)
{
    int rc = check_text(option, text, err);
    if (rc == 0)
        value->text = xstrndup(text.p, text.n);
    return rc;
}

/* A secret is never repeated in a message, and is not checked for choices. */
static int parse_secret(const struct cw_option *option, struct cw_str text, union field *value,
                        struct cw_error *err)
{
    if (text.n && memchr(text.p, '\0', text.n))
        return err_set(err, -EINVAL, "%s has a NUL byte", option->name);
    value->text = xstrndup(text.p, text.n);
    return 0;
}

static struct cw_str trim(struct cw_str s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* One block: the pointers, the closing NULL, the texts. */
static const char *const *list_new(const struct cw_str *item, size_t n)
{
    size_t bytes = (n + 1) * sizeof(char *);
    for (size_t i = 0; i < n; i++)
        bytes += item[i].n + 1;
    const char **list = xmalloc(bytes);
    char *text = (char *)(list + n + 1);
    for (size_t i = 0; i < n; i++) {
        list[i] = text;
        (void)str_copy(text, item[i].n + 1, item[i]);
        text += item[i].n + 1;
    }
    list[n] = NULL;
    return list;
}

static int parse_items(const struct cw_option *option, const struct cw_str *item, size_t n,
                       union field *value, struct cw_error *err)
{
    if (n > MAX_ITEMS)
        return err_set(err, -EINVAL, "%s has more than %d items", option->name, MAX_ITEMS);
    for (size_t i = 0; i < n; i++) {
        int rc = check_text(option, item[i], err);
        if (rc)
            return rc;
    }
    value->list = list_new(item, n);
    return 0;
}

static int parse_list(const struct cw_option *option, struct cw_str text, union field *value,
                      struct cw_error *err)
{
    struct cw_str item[MAX_ITEMS + 1], part, rest = text;
    size_t n = 0;
    while (n <= MAX_ITEMS && str_split(&rest, ',', &part)) {
        part = trim(part);
        if (part.n)
            item[n++] = part;
    }
    return parse_items(option, item, n, value, err);
}

static void print_bool(const union field *value, struct buf *out)
{
    buf_add_text(out, value->boolean ? "true" : "false");
}

static void print_int(const union field *value, struct buf *out)
{
    buf_printf(out, "%lld", (long long)value->i64);
}

static void print_real(const union field *value, struct buf *out)
{
    char text[NUM_MAX];
    buf_add(out, text, num_format_f64(value->f64, text));
}

static void print_time(const union field *value, struct buf *out)
{
    char text[DURATION_MAX];
    buf_add(out, text, duration_format(value->i64, text));
}

static void print_size(const union field *value, struct buf *out)
{
    char text[SIZE_TEXT_MAX];
    buf_add(out, text, size_format(value->i64, text));
}

static void print_text(const union field *value, struct buf *out)
{
    buf_add_str(out, str_of(value->text));
}

static void print_secret(const union field *value, struct buf *out)
{
    buf_add_text(out, value->text ? "***" : "");
}

static void print_list(const union field *value, struct buf *out)
{
    for (size_t i = 0; value->list && value->list[i]; i++)
        buf_printf(out, "%s%s", i ? "," : "", value->list[i]);
}

static const struct option_type types[] = {
    [CW_OPT_BOOL] = {"bool", sizeof(int32_t), parse_bool, print_bool},
    [CW_OPT_INT] = {"integer", sizeof(int64_t), parse_int, print_int},
    [CW_OPT_REAL] = {"number", sizeof(double), parse_real, print_real},
    [CW_OPT_TIME] = {"duration", sizeof(int64_t), parse_time, print_time},
    [CW_OPT_SIZE] = {"size", sizeof(int64_t), parse_size, print_size},
    [CW_OPT_TEXT] = {"text", sizeof(char *), parse_text, print_text},
    [CW_OPT_SECRET] = {"secret", sizeof(char *), parse_secret, print_secret},
    [CW_OPT_LIST] = {"list", sizeof(char **), parse_list, print_list},
};

static const struct option_type *type_of(const struct cw_option *option)
{
    if (option->type == 0 || option->type >= sizeof(types) / sizeof(types[0]))
        BUG("option %s has the unknown type %u", option->name, option->type);
    return &types[option->type];
}

/* ---- fields and bounds ---- */

static union field field_read(const struct cw_option *option, const void *self)
{
    union field value = {0};
    memcpy(&value, (const char *)self + option->offset, type_of(option)->size);
    return value;
}

static void field_write(const struct cw_option *option, void *self, const union field *value)
{
    memcpy((char *)self + option->offset, value, type_of(option)->size);
}

static void field_free(const struct cw_option *option, void *self)
{
    union field value = field_read(option, self);
    if (option->type == CW_OPT_TEXT || option->type == CW_OPT_SECRET)
        free((char *)(uintptr_t)value.text);
    else if (option->type == CW_OPT_LIST)
        free((char **)(uintptr_t)value.list);
    else
        return;
    value = (union field){0};
    field_write(option, self, &value);
}

/* A bound as a person would write it. */
static void bound_print(const struct cw_option *option, double bound, struct buf *out)
{
    union field value = {.f64 = bound};
    if (!isfinite(bound)) {
        buf_add_text(out, "unlimited");
        return;
    }
    if (option->type == CW_OPT_TIME || option->type == CW_OPT_SIZE) {
        value.i64 = (int64_t)(option->type == CW_OPT_TIME ? bound * (double)NS_PER_S : bound);
        type_of(option)->print(&value, out);
    } else {
        print_real(&value, out);
    }
}

static int check_bounds(const struct cw_option *option, const union field *value,
                        struct cw_str text, struct cw_error *err)
{
    double number;
    if (option->type == CW_OPT_REAL)
        number = value->f64;
    else if (option->type == CW_OPT_INT || option->type == CW_OPT_SIZE)
        number = (double)value->i64;
    else if (option->type == CW_OPT_TIME)
        number = (double)value->i64 / (double)NS_PER_S;
    else
        return 0;
    if (option->min == option->max || (number >= option->min && number <= option->max))
        return 0;
    struct buf from, to;
    buf_init(&from, 64);
    buf_init(&to, 64);
    bound_print(option, option->min, &from);
    bound_print(option, option->max, &to);
    (void)err_set(err, -EINVAL, "%s is from %s to %s, not \"%.*s\"", option->name,
                  buf_text(&from), buf_text(&to), SHOWN(text));
    buf_done(&from);
    buf_done(&to);
    return -EINVAL;
}

/* ---- the interface ---- */

int option_find(const struct cw_option *table, const char *name)
{
    struct cw_str asked = str_of(name);
    for (int i = 0; table && table[i].name; i++) {
        struct cw_str own = str_of(table[i].name);
        if (str_eq(asked, own))
            return i;
        if (table[i].type == CW_OPT_SECRET && str_starts(asked, table[i].name) &&
            strcmp(name + own.n, "_file") == 0)
            return i;
    }
    return -1;
}

const char *option_nearest(const struct cw_option *table, const char *name)
{
    unsigned max = strlen(name) < 5 ? 1 : 3;
    const char *nearest = NULL;
    for (int i = 0; table && table[i].name; i++) {
        unsigned distance = str_distance(table[i].name, name, max);
        if (distance <= max) {
            nearest = table[i].name;
            max = distance ? distance - 1 : 0;
        }
        if (max == 0 && nearest)
            break;
    }
    return nearest;
}

int option_set(const struct cw_option *option, void *self, struct cw_str text,
               struct cw_error *err)
{
    union field value = {0};
    int rc = type_of(option)->parse(option, text, &value, err);
    if (rc == 0)
        rc = check_bounds(option, &value, text, err);
    if (rc)
        return rc;
    field_free(option, self);
    field_write(option, self, &value);
    return 0;
}

int option_set_list(const struct cw_option *option, void *self, const struct cw_str *item,
                    size_t n, struct cw_error *err)
{
    if (option->type != CW_OPT_LIST)
        return err_set(err, -EINVAL, "%s takes one %s, not a list", option->name,
                       option_type_name(option));
    union field value = {0};
    int rc = parse_items(option, item, n, &value, err);
    if (rc)
        return rc;
    field_free(option, self);
    field_write(option, self, &value);
    return 0;
}

void option_presets(const struct cw_option *table, void *self)
{
    for (const struct cw_option *option = table; option && option->name; option++) {
        struct cw_error err;
        if (option->preset && option->preset[0]) {
            if (option_set(option, self, str_of(option->preset), &err) != 0)
                BUG("preset of %s: %s", option->name, err.text);
        } else if (option->type == CW_OPT_REAL) {
            field_write(option, self, &(union field){.f64 = NAN});
        }
    }
}

void option_free(const struct cw_option *table, void *self)
{
    for (const struct cw_option *option = table; option && option->name; option++)
        field_free(option, self);
}

void option_print(const struct cw_option *option, const void *self, struct buf *out)
{
    union field value = field_read(option, self);
    bool is_count = option->type == CW_OPT_INT || option->type == CW_OPT_TIME ||
                    option->type == CW_OPT_SIZE;
    bool has_preset = option->preset && option->preset[0];
    /* Zero is what an option that was left out looks like. */
    if (is_count && value.i64 == 0 && !has_preset)
        return;
    type_of(option)->print(&value, out);
}

const char *option_type_name(const struct cw_option *option)
{
    return type_of(option)->name;
}
