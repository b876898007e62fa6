/*
 * config_tree.c - libconfig, its only door: text in, tree of nodes out.
 *
 * libconfig is given the spliced text of config_source.c as one string; the lines it counts
 * are looked up there. Its settings are copied, so nothing else depends on it.
 */
#include "io/config_private.h"

#include <libconfig.h>
#include <string.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/str.h"

#define MAX_TREE_DEPTH 8

struct node *tree_new_node(struct loader *loader, struct node *parent, const char *name,
                           enum node_type type)
{
    struct node *node = loader_alloc(loader, sizeof(*node));
    *node = (struct node){.type = type};
    if (name)
        node->name = loader_copy(loader, str_of(name));
    if (!parent)
        return node;
    if (parent->last)
        parent->last->next = node;
    else
        parent->first = node;
    parent->last = node;
    parent->n_children++;
    return node;
}

struct node *node_child(const struct node *parent, const char *name)
{
    if (!parent || parent->type != NODE_GROUP)
        return NULL;
    for (struct node *child = parent->first; child; child = child->next) {
        if (strcmp(child->name, name) == 0)
            return child;
    }
    return NULL;
}

static enum node_type node_type_of(const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_GROUP:
        return NODE_GROUP;
    case CONFIG_TYPE_ARRAY:
    case CONFIG_TYPE_LIST:
        return NODE_LIST;
    case CONFIG_TYPE_STRING:
        return NODE_TEXT;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        return NODE_INT;
    case CONFIG_TYPE_FLOAT:
        return NODE_REAL;
    case CONFIG_TYPE_BOOL:
        return NODE_BOOL;
    default:
        BUG("libconfig has a type %d", config_setting_type(setting));
    }
}

/* libconfig does not look at what malloc gave it: a member without a name, a text without
 * bytes are what it leaves. Out of memory aborts, here as everywhere. */
static const char *must_have(const char *text)
{
    if (!text)
        BUG("out of memory in libconfig");
    return text;
}

static struct cw_str scalar_text(struct loader *loader, const config_setting_t *setting,
                                 enum node_type type)
{
    char digits[NUM_MAX];
    switch (type) {
    case NODE_TEXT:
        return str_of(
            loader_copy(loader, str_of(must_have(config_setting_get_string(setting)))));
    case NODE_BOOL:
        return config_setting_get_bool(setting) ? CW_STR("true") : CW_STR("false");
    case NODE_INT: {
        size_t n = num_format_i64(config_setting_get_int64(setting), digits);
        return str_of(loader_copy(loader, (struct cw_str){digits, n}));
    }
    case NODE_REAL: {
        size_t n = num_format_f64(config_setting_get_float(setting), digits);
        return str_of(loader_copy(loader, (struct cw_str){digits, n}));
    }
    default:
        return (struct cw_str){"", 0};
    }
}

static const struct source_line *line_at(const struct source_text *source, int line)
{
    static const struct source_line nowhere = {NULL, 0};
    if (source->n_lines == 0)
        return &nowhere;
    size_t i = line < 1 ? 0 : (size_t)line - 1;
    return &source->line[i < source->n_lines ? i : source->n_lines - 1];
}

static void copy_setting(struct loader *loader, const struct source_text *source,
                         const config_setting_t *setting, struct node *node, unsigned depth)
{
    const struct source_line *line = line_at(source, (int)config_setting_source_line(setting));
    node->file = line->file;
    node->line = line->line;
    if (node->type != NODE_GROUP && node->type != NODE_LIST) {
        node->text = scalar_text(loader, setting, node->type);
        return;
    }
    if (depth == MAX_TREE_DEPTH) {
        mistake_at(loader, node, "groups and lists are nested more than %d deep",
                   MAX_TREE_DEPTH);
        return;
    }
    int n = config_setting_length(setting);
    for (int i = 0; i < n; i++) {
        const config_setting_t *element = config_setting_get_elem(setting, (unsigned)i);
        const char *name = config_setting_name(element);
        if (node->type == NODE_GROUP)
            name = must_have(name);
        struct node *child = tree_new_node(loader, node, name, node_type_of(element));
        copy_setting(loader, source, element, child, depth + 1);
    }
}

void tree_parse(struct loader *loader, struct source_text *source)
{
    config_t parser;
    config_init(&parser);
    loader->root = tree_new_node(loader, NULL, NULL, NODE_GROUP);
    if (config_read_string(&parser, buf_text(&source->text)) == CONFIG_TRUE) {
        copy_setting(loader, source, config_root_setting(&parser), loader->root, 0);
    } else {
        const struct source_line *line = line_at(source, config_error_line(&parser));
        mistake_line(loader, line->file, line->line, "%s", config_error_text(&parser));
    }
    config_destroy(&parser);
}
