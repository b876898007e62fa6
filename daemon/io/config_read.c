/*
 * config_read.c - from the tree into structs, by option tables.
 *
 * libconfig knows types, people forget units: what a table calls a duration must be a text
 * such as "15s" (a bare 15 is a mistake), a number must be a number. Values from the
 * environment and the command line are words, and only the table decides what they are.
 */
#include "io/config_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"

#define MAX_SECRET_BYTES 4096
#define MAX_LIST_ITEMS 256

static const char *node_type_name(const struct node *node)
{
    static const char *const names[] = {
        [NODE_GROUP] = "a group",     [NODE_LIST] = "a list",   [NODE_TEXT] = "a text",
        [NODE_INT] = "a bare number", [NODE_REAL] = "a number", [NODE_BOOL] = "true or false",
        [NODE_WORD] = "a word",
    };
    return names[node->type];
}

const struct cw_option *binding_find(const struct binding *binding, size_t n, const char *name,
                                     void **self)
{
    for (size_t i = 0; i < n; i++) {
        int found = option_find(binding[i].table, name);
        if (found >= 0) {
            *self = binding[i].self;
            return &binding[i].table[found];
        }
    }
    return NULL;
}

static bool name_in(const char *const *names, const char *name)
{
    for (; names && *names; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

static void unknown_option(struct loader *loader, const struct node *node, const char *path,
                           const struct binding *binding, size_t n, const char *const *others)
{
    const char *nearest = NULL;
    unsigned best = strlen(node->name) < 5 ? 2 : 4;
    for (size_t i = 0; i < n; i++) {
        const char *name = option_nearest(binding[i].table, node->name);
        unsigned distance = name ? str_distance(name, node->name, best) : best;
        if (distance < best) {
            best = distance;
            nearest = name;
        }
    }
    for (; others && *others; others++) {
        unsigned distance = str_distance(*others, node->name, best);
        if (distance < best) {
            best = distance;
            nearest = *others;
        }
    }
    if (nearest)
        mistake_at(loader, node, "unknown option %s.%s, did you mean %s?", path, node->name,
                   nearest);
    else
        mistake_at(loader, node, "unknown option %s.%s", path, node->name);
}

/* ---- values ---- */

/* What a table's type must be written as; NULL when the node is that. */
static const char *wanted_form(const struct cw_option *option, const struct node *node)
{
    if (node->type == NODE_WORD)
        return NULL;
    switch (option->type) {
    case CW_OPT_BOOL:
        return node->type == NODE_BOOL ? NULL : "true or false";
    case CW_OPT_INT:
        return node->type == NODE_INT ? NULL : "a whole number";
    case CW_OPT_REAL:
        return node->type == NODE_INT || node->type == NODE_REAL ? NULL : "a number";
    case CW_OPT_TIME:
        return node->type == NODE_TEXT ? NULL : "a text with a unit, such as \"15s\"";
    case CW_OPT_SIZE:
        return node->type == NODE_TEXT ? NULL : "a text with a unit, such as \"64KiB\"";
    case CW_OPT_LIST:
        return node->type == NODE_TEXT || node->type == NODE_LIST ? NULL : "a list of texts";
    default:
        return node->type == NODE_TEXT ? NULL : "a text in quotes";
    }
}

static void read_list_value(struct loader *loader, const struct node *node, const char *path,
                            const struct cw_option *option, void *self)
{
    struct cw_str item[MAX_LIST_ITEMS];
    size_t n = 0;
    for (const struct node *child = node->first; child; child = child->next) {
        if (child->type != NODE_TEXT) {
            mistake_at(loader, child, "%s.%s must be a list of texts, not of %s", path,
                       option->name, node_type_name(child));
            return;
        }
        if (n == MAX_LIST_ITEMS) {
            mistake_at(loader, child, "%s.%s has more than %d items", path, option->name,
                       MAX_LIST_ITEMS);
            return;
        }
        item[n++] = child->text;
    }
    struct cw_error err;
    if (option_set_list(option, self, item, n, &err) != 0)
        mistake_at(loader, node, "%s.%s", path, err.text);
}

/* A secret from a file, without its last line end; a recorded configuration has none. */
static void read_secret_file(struct loader *loader, const struct node *node, const char *path,
                             const struct cw_option *option, void *self, const char *file)
{
    if (loader->from_text)
        return;
    struct buf secret;
    buf_init(&secret, MAX_SECRET_BYTES + 4096);
    int result = source_slurp(file, MAX_SECRET_BYTES, &secret);
    if (result < 0) {
        mistake_at(loader, node, "%s.%s_file: cannot read %s (%s)", path, option->name, file,
                   strerror(-result));
    } else {
        struct cw_str value = buf_str(&secret);
        while (value.n > 0 && (value.p[value.n - 1] == '\n' || value.p[value.n - 1] == '\r'))
            value.n--;
        struct cw_error err;
        if (value.n == 0)
            mistake_at(loader, node, "%s.%s_file: %s is empty", path, option->name, file);
        else if (option_set(option, self, value, &err) != 0)
            mistake_at(loader, node, "%s.%s", path, err.text);
        explicit_bzero(secret.p, secret.n);
    }
    buf_done(&secret);
}

static void read_secret(struct loader *loader, const struct node *node, const char *path,
                        const struct cw_option *option, void *self)
{
    if (strcmp(node->name, option->name) == 0)
        mistake_at(loader, node,
                   "%s.%s must not be in the configuration: name a file that holds it with "
                   "%s_file, or give a systemd credential %s.%s",
                   path, option->name, option->name, path, option->name);
    else
        read_secret_file(loader, node, path, option, self, node->text.p);
}

static void read_value(struct loader *loader, const struct node *node, const char *path,
                       const struct cw_option *option, void *self)
{
    const char *wanted = wanted_form(option, node);
    if (wanted) {
        mistake_at(loader, node, "%s.%s must be %s, not %s", path, node->name, wanted,
                   node_type_name(node));
        return;
    }
    if (option->type == CW_OPT_SECRET) {
        read_secret(loader, node, path, option, self);
        return;
    }
    if (node->type == NODE_LIST) {
        read_list_value(loader, node, path, option, self);
        return;
    }
    struct cw_error err;
    bool one = option->type == CW_OPT_LIST && node->type == NODE_TEXT;
    int result = one ? option_set_list(option, self, &node->text, 1, &err)
                     : option_set(option, self, node->text, &err);
    if (result != 0)
        mistake_at(loader, node, "%s.%s", path, err.text);
}

/* ---- groups ---- */

static bool option_given(const struct node *group, const struct cw_option *option)
{
    if (!group)
        return false;
    if (node_child(group, option->name))
        return true;
    char name[80];
    (void)snprintf(name, sizeof(name), "%s_file", option->name);
    return option->type == CW_OPT_SECRET && node_child(group, name);
}

/* $CREDENTIALS_DIRECTORY/path.name, if there is one; true when it was taken. */
static bool read_credential(struct loader *loader, const struct node *group, const char *path,
                            const struct cw_option *option, void *self)
{
    const char *dir = loader->from_text ? NULL : getenv("CREDENTIALS_DIRECTORY");
    if (!dir)
        return false;
    struct buf file;
    buf_init(&file, 4096);
    buf_printf(&file, "%s/%s.%s", dir, path, option->name);
    struct buf probe;
    buf_init(&probe, MAX_SECRET_BYTES + 4096);
    bool there = source_slurp(buf_text(&file), MAX_SECRET_BYTES, &probe) != -ENOENT;
    if (there)
        read_secret_file(loader, group, path, option, self, buf_text(&file));
    if (probe.n > 0)
        explicit_bzero(probe.p, probe.n);
    buf_done(&probe);
    buf_done(&file);
    return there;
}

static void check_left_out(struct loader *loader, const struct node *group, const char *path,
                           const struct cw_option *option, void *self)
{
    if (option_given(group, option))
        return;
    if (option->type == CW_OPT_SECRET) {
        if (read_credential(loader, group, path, option, self) || loader->from_text)
            return;
        if (option->preset == CW_REQUIRED)
            mistake_at(loader, group, "%s.%s_file is missing: %s", path, option->name,
                       option->help);
    } else if (option->preset == CW_REQUIRED) {
        mistake_at(loader, group, "%s.%s is missing: %s", path, option->name, option->help);
    }
}

void read_group_over(struct loader *loader, const struct node *group, const char *path,
                     const struct binding *binding, size_t n_bindings,
                     const char *const *others)
{
    if (group && group->type != NODE_GROUP) {
        mistake_at(loader, group, "%s must be a group { ... }, not %s", path,
                   node_type_name(group));
        return;
    }
    for (const struct node *node = group ? group->first : NULL; node; node = node->next) {
        void *self;
        const struct cw_option *option = binding_find(binding, n_bindings, node->name, &self);
        if (option)
            read_value(loader, node, path, option, self);
        else if (!name_in(others, node->name))
            unknown_option(loader, node, path, binding, n_bindings, others);
    }
    for (size_t i = 0; i < n_bindings; i++) {
        for (const struct cw_option *option = binding[i].table; option && option->name;
             option++)
            check_left_out(loader, group, path, option, binding[i].self);
    }
}

void read_group(struct loader *loader, const struct node *group, const char *path,
                const struct binding *binding, size_t n_bindings, const char *const *others)
{
    for (size_t i = 0; i < n_bindings; i++)
        option_presets(binding[i].table, binding[i].self);
    read_group_over(loader, group, path, binding, n_bindings, others);
}

const char *read_text_member(struct loader *loader, const struct node *group, const char *path,
                             const char *name, bool required)
{
    const struct node *node = node_child(group, name);
    if (!node) {
        if (required)
            mistake_at(loader, group, "%s.%s is missing", path, name);
        return NULL;
    }
    if (node->type == NODE_TEXT || node->type == NODE_WORD)
        return node->text.p;
    mistake_at(loader, node, "%s.%s must be a text in quotes, not %s", path, name,
               node_type_name(node));
    return NULL;
}

const struct node *read_list(struct loader *loader, const struct node *parent, const char *name)
{
    const struct node *list = node_child(parent, name);
    if (!list)
        return NULL;
    if (list->type != NODE_LIST) {
        mistake_at(loader, list, "%s must be a list ( { ... }, { ... } ), not %s", name,
                   node_type_name(list));
        return NULL;
    }
    for (const struct node *item = list->first; item; item = item->next) {
        if (item->type != NODE_GROUP) {
            mistake_at(loader, item, "%s must be a list of groups, not of %s", name,
                       node_type_name(item));
            return NULL;
        }
    }
    return list;
}

void fill_empty_texts(const struct cw_option *table, void *self)
{
    for (const struct cw_option *option = table; option->name; option++) {
        if (option->type != CW_OPT_TEXT)
            continue;
        char **field = (char **)(void *)((char *)self + option->offset);
        if (!*field)
            *field = xstrdup("");
    }
}

unsigned choice_index(const char *choices, const char *text)
{
    struct cw_str rest = str_of(choices), choice;
    for (unsigned i = 1; str_split(&rest, '|', &choice); i++) {
        if (str_is(choice, text))
            return i;
    }
    return 0;
}
