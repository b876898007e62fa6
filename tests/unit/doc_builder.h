/*
 * doc_builder.h - documents for tests, from a compact description: JSON without escapes, with
 * ' for ". A test that writes it wrong fails at once.
 *
 *   struct doc_builder b;
 *   const struct cw_doc *doc = doc_of(&b, "{'id':'e1','persons':3,'list':[true,null]}");
 */
#ifndef TESTS_DOC_BUILDER_H
#define TESTS_DOC_BUILDER_H

#include <string.h>

#include <carewatch/event.h>

#include "base/mem.h"
#include "base/num.h"

#define DOC_BUILDER_NODES 4096

struct doc_builder {
    struct cw_node node[DOC_BUILDER_NODES];
    struct cw_doc doc;
    const char *at;
};

static inline void doc_fail(const struct doc_builder *b)
{
    BUG("a test's document is wrong at: %.40s", b->at);
}

static inline void doc_space(struct doc_builder *b)
{
    while (*b->at == ' ' || *b->at == '\n')
        b->at++;
}

static inline struct cw_str doc_quoted(struct doc_builder *b)
{
    const char *end = *b->at == '\'' ? strchr(b->at + 1, '\'') : NULL;
    if (!end)
        doc_fail(b);
    struct cw_str text = {b->at + 1, (size_t)(end - b->at) - 1};
    b->at = end + 1;
    return text;
}

static inline void doc_scalar(struct doc_builder *b, struct cw_node *node)
{
    size_t n = strcspn(b->at, ",]} \n");
    struct cw_str word = {b->at, n};
    if (*b->at == '\'') {
        node->type = CW_NODE_TEXT;
        node->v.text = doc_quoted(b);
        return;
    }
    if (strncmp(b->at, "true", n) == 0 || strncmp(b->at, "false", n) == 0) {
        node->type = CW_NODE_BOOL;
        node->v.boolean = *b->at == 't';
    } else if (strncmp(b->at, "null", n) == 0) {
        node->type = CW_NODE_NULL;
    } else if (num_parse_i64(word, &node->i64) == 0) {
        node->type = CW_NODE_INT;
        node->v.f64 = (double)node->i64;
        node->raw = word;
    } else if (num_parse_f64(word, &node->v.f64) == 0) {
        node->type = CW_NODE_REAL;
        node->raw = word;
    } else {
        doc_fail(b);
    }
    b->at += n;
}

static inline void doc_value(struct doc_builder *b, struct cw_str key)
{
    if (b->doc.n_nodes == DOC_BUILDER_NODES)
        doc_fail(b);
    struct cw_node *node = &b->node[b->doc.n_nodes++];
    *node = (struct cw_node){.key = key};
    doc_space(b);
    char close = *b->at == '{' ? '}' : *b->at == '[' ? ']' : 0;
    if (!close) {
        doc_scalar(b, node);
        node->next = b->doc.n_nodes;
        return;
    }
    node->type = close == '}' ? CW_NODE_OBJECT : CW_NODE_ARRAY;
    b->at++;
    for (doc_space(b); *b->at != close; doc_space(b)) {
        struct cw_str child = {0};
        if (close == '}') {
            child = doc_quoted(b);
            doc_space(b);
            if (*b->at++ != ':')
                doc_fail(b);
        }
        doc_value(b, child);
        node->n_children++;
        doc_space(b);
        if (*b->at == ',')
            b->at++;
        else if (*b->at != close)
            doc_fail(b);
    }
    b->at++;
    node->next = b->doc.n_nodes;
}

/* The description must outlive the document. */
static inline const struct cw_doc *doc_of(struct doc_builder *b, const char *text)
{
    b->at = text;
    b->doc = (struct cw_doc){.node = b->node};
    doc_value(b, (struct cw_str){0});
    if (*b->at)
        doc_fail(b);
    return &b->doc;
}

#endif
