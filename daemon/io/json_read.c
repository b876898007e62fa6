/*
 * json_read.c - jansson behind a few questions. A json_node is a json_t.
 */
#include "io/json_read.h"

#include <jansson.h>

#include "base/str.h"

static json_t *of(const struct json_node *value)
{
    return (json_t *)(uintptr_t)value; /* jansson asks for const in few of its functions */
}

struct json_node *json_read(struct cw_str text, struct cw_error *err)
{
    json_error_t error;
    json_t *root = json_loadb(text.p ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        (void)err_set(err, -1, "not JSON: %s (line %d, column %d)", error.text, error.line,
                      error.column);
    return (struct json_node *)root;
}

void json_read_free(struct json_node *root)
{
    json_decref((json_t *)root);
}

bool node_is_object(const struct json_node *value)
{
    return value && json_is_object(of(value));
}

bool node_is_text(const struct json_node *value)
{
    return value && json_is_string(of(value));
}

bool node_is_number(const struct json_node *value)
{
    return value && json_is_number(of(value));
}

const struct json_node *node_get(const struct json_node *object, const char *key)
{
    return object ? (const struct json_node *)json_object_get(of(object), key) : NULL;
}

const struct json_node *node_at(const struct json_node *array, size_t i)
{
    return array ? (const struct json_node *)json_array_get(of(array), i) : NULL;
}

const struct json_node *node_member(const struct json_node *object, size_t i, const char **key)
{
    void *at = object ? json_object_iter(of(object)) : NULL;
    for (; at && i > 0; i--)
        at = json_object_iter_next(of(object), at);
    if (!at)
        return NULL;
    *key = json_object_iter_key(at);
    return (const struct json_node *)json_object_iter_value(at);
}

const char *node_text(const struct json_node *value, const char *fallback)
{
    return node_is_text(value) ? json_string_value(of(value)) : fallback;
}

int64_t node_int(const struct json_node *value, int64_t fallback)
{
    return value && json_is_integer(of(value)) ? json_integer_value(of(value)) : fallback;
}

double node_real(const struct json_node *value, double fallback)
{
    return node_is_number(value) ? json_number_value(of(value)) : fallback;
}

bool node_bool(const struct json_node *value, bool fallback)
{
    return value && json_is_boolean(of(value)) ? json_is_true(of(value)) : fallback;
}

static int add_piece(const char *p, size_t n, void *out)
{
    buf_add(out, p, n);
    return 0;
}

void node_write(const struct json_node *value, struct buf *out)
{
    (void)json_dump_callback((const json_t *)value, add_piece, out,
                             JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
}
