/*
 * document.cc - an event, status or roster as an array of nodes in pre-order.
 *
 * Walked with a stack of its own, so that the depth of a payload is a number and not the stack
 * of the thread.
 */
#include "shapes.h"

namespace json
{

struct open_node {
    uint32_t node;
    bool object;
    bool begun; /* has a member, so that a comma must come before the next */
};

struct walk {
    struct reader *reader;
    struct open_node open[max_depth];
    uint32_t depth;
};

static bool open_container(struct walk *walk, struct cw_node *node, char first)
{
    if (walk->depth == max_depth)
        return refuse(walk->reader, CW_REFUSED_DEPTH, "The JSON is nested deeper than %u.",
                      max_depth);
    struct open_node *top = &walk->open[walk->depth++];
    top->node = static_cast<uint32_t>(node - walk->reader->batch->node);
    top->object = first == '{';
    top->begun = false;
    node->type = top->object ? CW_NODE_OBJECT : CW_NODE_ARRAY;
    walk->reader->at++;
    return true;
}

static bool read_number_node(struct reader *reader, struct cw_node *node)
{
    struct number number;
    if (!read_number(reader, &number))
        return false;
    node->type = number.integer ? CW_NODE_INT : CW_NODE_REAL;
    node->raw = number.raw;
    node->v.f64 = number.f64;
    node->i64 = number.integer ? number.i64 : 0;
    return true;
}

static bool read_text_node(struct reader *reader, struct cw_node *node)
{
    node->type = CW_NODE_TEXT;
    if (!read_string(reader, &node->v.text))
        return false;
    if (node->v.text.n > max_text_bytes)
        return refuse(reader, CW_REFUSED_TEXT, "A text has %zu bytes, more than %u.",
                      node->v.text.n, max_text_bytes);
    return true;
}

static bool read_value(struct walk *walk, struct cw_str key)
{
    struct reader *reader = walk->reader;
    struct cw_batch *batch = reader->batch;
    if (batch->n_nodes == batch->max_nodes)
        return refuse(reader, CW_REFUSED_FIELDS, "The document has more than %u values.",
                      batch->max_nodes);
    struct cw_node *node = &batch->node[batch->n_nodes++];
    *node = {};
    node->key = key;
    node->next = batch->n_nodes;
    char first = token(reader);
    if (first == '{' || first == '[')
        return open_container(walk, node, first);
    if (first == '"')
        return read_text_node(reader, node);
    if (is_digit(first) || first == '-')
        return read_number_node(reader, node);
    if (!first)
        return refuse_syntax(reader, "a value");
    if (!read_literal(reader, &node->type, &node->v.boolean))
        return false;
    node->type = node->type ? CW_NODE_BOOL : CW_NODE_NULL;
    return true;
}

static bool close_container(struct walk *walk)
{
    struct cw_batch *batch = walk->reader->batch;
    struct open_node *top = &walk->open[--walk->depth];
    struct cw_node *node = &batch->node[top->node];
    node->next = batch->n_nodes;
    walk->reader->at++;
    if (!top->object)
        return true;
    if (node->n_children > max_members)
        return refuse(walk->reader, CW_REFUSED_FIELDS, "An object has more than %u members.",
                      max_members);
    struct cw_str *name = workspace_names(walk->reader->workspace);
    uint32_t n = 0;
    for (uint32_t i = top->node + 1; i < node->next; i = batch->node[i].next)
        name[n++] = batch->node[i].key;
    if (names_repeat(name, n))
        return refuse(walk->reader, CW_REFUSED_DUPLICATE_KEY, "An object has a name twice.");
    return true;
}

/* One member of the innermost container, or its end. */
static bool read_step(struct walk *walk)
{
    struct reader *reader = walk->reader;
    struct open_node *top = &walk->open[walk->depth - 1];
    struct cw_str key = {};
    if (token(reader) == (top->object ? '}' : ']'))
        return close_container(walk);
    if (top->begun) {
        if (token(reader) != ',')
            return refuse_syntax(reader, "',' or an end");
        reader->at++;
    }
    top->begun = true;
    reader->batch->node[top->node].n_children++;
    if (top->object && !read_name(reader, &key))
        return false;
    return read_value(walk, key);
}

bool read_document(struct reader *reader)
{
    struct walk walk;
    walk.reader = reader;
    walk.depth = 0;
    char first = token(reader);
    if (!read_value(&walk, {}))
        return false;
    if (first != '{' && first != '[')
        return refuse(reader, CW_REFUSED_SHAPE, "The document is not an object or array.");
    while (walk.depth)
        if (!read_step(&walk))
            return false;
    return true;
}

} // namespace json
