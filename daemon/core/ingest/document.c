/*
 * document.c - see document.h. Every getter is: find the member, check its type, say which
 * member was wrong and how.
 */
#include "core/ingest/document.h"

#include <errno.h>
#include <stdint.h>

#include "base/instant.h"
#include "base/str.h"
#include "base/units.h"

#define MAX_TIME_MS INT64_C(7258118400000) /* 2200-01-01 */

const struct cw_node *document_object(const struct cw_doc *doc)
{
    if (doc->n_nodes == 0 || doc->node[0].type != CW_NODE_OBJECT)
        return NULL;
    return &doc->node[0];
}

static inline const struct cw_node *
next_of(const struct cw_doc *doc, const struct cw_node *parent, const struct cw_node *child)
{
    if (parent->type != CW_NODE_OBJECT && parent->type != CW_NODE_ARRAY)
        return NULL;
    size_t at = child ? child->next : (size_t)(parent - doc->node) + 1;
    if (at >= parent->next || at >= doc->n_nodes)
        return NULL;
    /* A node that claims to end before it begins would make the walk endless. */
    return doc->node[at].next > at ? &doc->node[at] : NULL;
}

const struct cw_node *document_next(const struct cw_doc *doc, const struct cw_node *parent,
                                    const struct cw_node *child)
{
    return next_of(doc, parent, child);
}

/* Letter by letter: mostly the first one is another, and that is seen without a call. */
static inline bool spells(struct cw_str text, const char *key)
{
    size_t i = 0;
    while (i < text.n && key[i] && text.p[i] == key[i])
        i++;
    return i == text.n && key[i] == '\0';
}

static const struct cw_node *find(const struct cw_doc *doc, const struct cw_node *object,
                                  const char *key)
{
    if (object->type != CW_NODE_OBJECT)
        return NULL;
    const struct cw_node *child = NULL;
    while ((child = next_of(doc, object, child)))
        if (spells(child->key, key))
            return child;
    return NULL;
}

const struct cw_node *document_member(const struct cw_doc *doc, const struct cw_node *object,
                                      const char *key)
{
    const struct cw_node *node = find(doc, object, key);
    return node && node->type != CW_NODE_NULL ? node : NULL;
}

int document_text(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                  struct cw_str *value, struct cw_error *err)
{
    const struct cw_node *node = document_member(doc, object, key);
    if (!node)
        return -ENOENT;
    if (node->type != CW_NODE_TEXT)
        return err_set(err, -EINVAL, "The member \"%s\" must be a text.", key);
    *value = node->v.text;
    return 0;
}

int document_id(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                struct cw_str *value, struct cw_error *err)
{
    struct cw_str text;
    int code = document_text(doc, object, key, &text, err);
    if (code)
        return code;
    if (!id_valid(text))
        return err_set(err, -EINVAL, "The member \"%s\" is no valid id: \"%.*s\".", key,
                       (int)utf8_cut(text, 64), text.p);
    *value = text;
    return 0;
}

int document_bool(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                  bool *value, struct cw_error *err)
{
    const struct cw_node *node = document_member(doc, object, key);
    if (!node)
        return -ENOENT;
    if (node->type != CW_NODE_BOOL)
        return err_set(err, -EINVAL, "The member \"%s\" must be true or false.", key);
    *value = node->v.boolean != 0;
    return 0;
}

int document_int(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                 int64_t *value, struct cw_error *err)
{
    const struct cw_node *node = document_member(doc, object, key);
    if (!node)
        return -ENOENT;
    if (node->type != CW_NODE_INT)
        return err_set(err, -EINVAL, "The member \"%s\" must be a whole number.", key);
    *value = node->i64;
    return 0;
}

int document_real(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                  double *value, struct cw_error *err)
{
    const struct cw_node *node = document_member(doc, object, key);
    if (!node)
        return -ENOENT;
    if (node->type != CW_NODE_INT && node->type != CW_NODE_REAL)
        return err_set(err, -EINVAL, "The member \"%s\" must be a number.", key);
    *value = node->v.f64;
    return 0;
}

int document_node_time(const struct cw_node *node, int64_t *ns)
{
    int64_t value;
    if (node->type == CW_NODE_INT && node->i64 >= 0 && node->i64 < MAX_TIME_MS) {
        *ns = node->i64 * NS_PER_MS;
        return 0;
    }
    if (node->type == CW_NODE_TEXT && instant_parse(node->v.text, &value) == 0 && value >= 0 &&
        value < MAX_TIME_MS * NS_PER_MS) {
        *ns = value;
        return 0;
    }
    return -EINVAL;
}

int document_time(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                  int64_t *ns, struct cw_error *err)
{
    const struct cw_node *node = document_member(doc, object, key);
    if (!node)
        return -ENOENT;
    if (document_node_time(node, ns) == 0)
        return 0;
    return err_set(err, -EINVAL,
                   "The member \"%s\" must be a time: milliseconds since 1970 or RFC 3339.",
                   key);
}

int document_duration(const struct cw_doc *doc, const struct cw_node *object, const char *key,
                      int64_t *ns, struct cw_error *err)
{
    const struct cw_node *node = document_member(doc, object, key);
    if (!node)
        return -ENOENT;
    if (node->type == CW_NODE_TEXT && duration_parse(node->v.text, ns, NULL) == 0)
        return 0;
    if (node->type == CW_NODE_INT && node->i64 >= 0 && node->i64 < INT64_MAX / NS_PER_S) {
        *ns = node->i64 * NS_PER_S;
        return 0;
    }
    return err_set(err, -EINVAL, "The member \"%s\" must be a duration such as \"90s\".", key);
}
