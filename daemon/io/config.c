/*
 * config.c - loading a configuration from start to end, and letting it go.
 *
 * All steps run even after mistakes, on presets where a value is missing, so that every
 * mistake is told at once; then the whole is refused or handed over.
 */
#include "io/config.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"
#include "io/config_private.h"
#include "io/plugin_load.h"

#define MAX_MISTAKES 200
#define MAX_PRINTED_BYTES ((size_t)16 << 20)

/* ---- the loader's memory and mistakes ---- */

struct chunk {
    struct chunk *next;
    max_align_t memory[];
};

void *loader_alloc(struct loader *loader, size_t n)
{
    struct chunk *chunk = xmalloc(sizeof(*chunk) + n);
    chunk->next = loader->chunks;
    loader->chunks = chunk;
    return chunk->memory;
}

char *loader_copy(struct loader *loader, struct cw_str s)
{
    char *copy = loader_alloc(loader, s.n + 1);
    if (s.n > 0)
        memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    return copy;
}

size_t mistakes_so_far(const struct loader *loader)
{
    return loader->n_mistakes + loader->n_untold;
}

__attribute__((format(printf, 5, 0))) static void mistake_add(struct loader *loader,
                                                              const char *file, int line,
                                                              const char *origin,
                                                              const char *fmt, va_list ap)
{
    if (loader->n_mistakes == MAX_MISTAKES) {
        loader->n_untold++;
        return;
    }
    char text[512];
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    struct buf whole; /* what an outsider wrote is escaped, once it is in a sentence */
    buf_init(&whole, 8192);
    if (origin) {
        log_escape(&whole, str_of(origin));
        buf_add_text(&whole, ": ");
    }
    struct cw_str sentence = str_of(text);
    if (sentence.n == sizeof(text) - 1)
        sentence.n = utf8_cut(sentence, sentence.n);
    log_escape(&whole, sentence);
    loader->mistake[loader->n_mistakes++] =
        (struct config_mistake){file, line, loader_copy(loader, buf_str(&whole))};
    buf_done(&whole);
}

void mistake_at(struct loader *loader, const struct node *node, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    mistake_add(loader, node ? node->file : loader->file, node ? node->line : 0,
                node ? node->origin : NULL, fmt, ap);
    va_end(ap);
}

void mistake_line(struct loader *loader, const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    mistake_add(loader, file, line, NULL, fmt, ap);
    va_end(ap);
}

/* In the order of the lines of a file; what has no file goes first; otherwise as found. */
static int mistake_order(const struct config_mistake *a, const struct config_mistake *b)
{
    int by_file = strcmp(a->file ? a->file : "", b->file ? b->file : "");
    return by_file ? by_file : a->line - b->line;
}

static void tell_mistakes(struct loader *loader, config_mistake_fn mistake, void *ctx)
{
    struct config_mistake *list = loader->mistake;
    for (size_t i = 1; i < loader->n_mistakes; i++) {
        for (size_t k = i; k > 0 && mistake_order(&list[k - 1], &list[k]) > 0; k--) {
            struct config_mistake swapped = list[k];
            list[k] = list[k - 1];
            list[k - 1] = swapped;
        }
    }
    for (size_t i = 0; i < loader->n_mistakes; i++)
        mistake(ctx, &list[i]);
    if (loader->n_untold == 0)
        return;
    char text[64];
    (void)snprintf(text, sizeof(text), "and %zu more mistakes", loader->n_untold);
    mistake(ctx, &(struct config_mistake){loader->file, 0, text});
}

static void loader_done(struct loader *loader)
{
    while (loader->chunks) {
        struct chunk *next = loader->chunks->next;
        free(loader->chunks);
        loader->chunks = next;
    }
    free(loader->mistake);
}

/* ---- what is kept until config_free() ---- */

struct kept {
    struct kept *next;
    const struct cw_option *table;
    const struct cw_plugin *plugin;
    void *self;
    bool free_self;
};

static struct kept *kept_new(struct config_whole *whole)
{
    struct kept *kept = xcalloc(1, sizeof(*kept));
    kept->next = whole->kept;
    whole->kept = kept;
    return kept;
}

void config_keep(struct config_whole *whole, const struct cw_option *table, void *self)
{
    struct kept *kept = kept_new(whole);
    kept->table = table;
    kept->self = self;
}

void config_keep_instance(struct config_whole *whole, const struct cw_plugin *plugin,
                          void *self)
{
    struct kept *kept = kept_new(whole);
    kept->table = plugin->option;
    kept->plugin = plugin;
    kept->self = self;
    kept->free_self = true;
}

void *config_keep_array(struct config_whole *whole, size_t n, size_t size)
{
    struct kept *kept = kept_new(whole);
    kept->self = xcalloc(n ? n : 1, size);
    kept->free_self = true;
    return kept->self;
}

struct config_whole *config_whole_of(struct config *config)
{
    return (struct config_whole *)(void *)config;
}

const struct config_whole *config_whole_of_const(const struct config *config)
{
    return (const struct config_whole *)(const void *)config;
}

/* The newest goes first: instances before the arrays they are in. */
void config_free(struct config *config)
{
    if (!config)
        return;
    struct config_whole *whole = config_whole_of(config);
    while (whole->kept) {
        struct kept *kept = whole->kept;
        whole->kept = kept->next;
        if (kept->plugin && kept->plugin->close)
            kept->plugin->close(kept->self);
        if (kept->table)
            option_free(kept->table, kept->self);
        if (kept->free_self)
            free(kept->self);
        free(kept);
    }
    free(whole);
}

/* ---- sections ---- */

static const char *nearest_name(const char *name)
{
    const char *nearest = NULL;
    unsigned best = 4;
    for (const struct section *section = config_sections; section->name; section++) {
        unsigned distance = str_distance(section->name, name, best);
        if (distance < best) {
            best = distance;
            nearest = section->name;
        }
    }
    for (const char *const *list = config_root_lists; *list; list++) {
        unsigned distance = str_distance(*list, name, best);
        if (distance < best) {
            best = distance;
            nearest = *list;
        }
    }
    return nearest;
}

static bool name_in(const char *const *names, const char *name)
{
    for (; *names; names++) {
        if (strcmp(*names, name) == 0)
            return true;
    }
    return false;
}

static void check_root(struct loader *loader)
{
    for (const struct node *node = loader->root->first; node; node = node->next) {
        bool known = name_in(config_root_lists, node->name);
        for (const struct section *s = config_sections; s->name && !known; s++)
            known = strcmp(s->name, node->name) == 0;
        if (known)
            continue;
        const char *nearest = nearest_name(node->name);
        if (nearest)
            mistake_at(loader, node, "unknown section %s, did you mean %s?", node->name,
                       nearest);
        else
            mistake_at(loader, node, "unknown section %s", node->name);
    }
}

/* Sections of the same name are read as one group. */
static void read_sections(struct loader *loader, struct config_whole *whole)
{
    for (const struct section *section = config_sections; section->name;) {
        struct binding binding[3];
        size_t n = 0;
        const struct section *first = section;
        for (; section->name && strcmp(section->name, first->name) == 0; section++) {
            if (section->offset == SIZE_MAX)
                continue; /* config_lists.c reads it */
            void *self = (char *)whole + section->offset;
            config_keep(whole, section->table, self);
            binding[n++] = (struct binding){section->table, self};
        }
        if (n == 0)
            continue;
        read_group(loader, node_child(loader->root, first->name), first->name, binding, n,
                   NULL);
        for (size_t i = 0; i < n; i++)
            fill_empty_texts(binding[i].table, binding[i].self);
    }
}

struct plugin_mistakes {
    struct loader *loader;
    const struct node *node;
};

static void plugin_mistake(void *ctx, const struct cw_error *err)
{
    struct plugin_mistakes *mistakes = ctx;
    mistake_at(mistakes->loader, mistakes->node, "%s", err->text);
}

static void load_plugins(struct loader *loader, const struct config *config)
{
    const struct node *group = node_child(loader->root, "plugins");
    struct plugin_mistakes mistakes = {loader, node_child(group, "load")};
    if (config->plugins.load && config->plugins.dir[0] == '/')
        (void)plugin_load_all(config->plugins.dir, config->plugins.load, plugin_mistake,
                              &mistakes);
}

static void make_sha256(struct config *config)
{
    struct buf text;
    buf_init(&text, MAX_PRINTED_BYTES);
    config_print(config, &text);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_Digest(text.p, text.n, digest, &n, EVP_sha256(), NULL) != 1)
        BUG("SHA-256 failed");
    for (unsigned i = 0; i < n; i++)
        (void)snprintf(config->sha256 + 2 * i, 3, "%02x", digest[i]);
    buf_done(&text);
}

/* From the finished tree to the struct, or to the mistakes. */
static int finish(struct loader *loader, struct config **config, config_mistake_fn mistake,
                  void *ctx)
{
    struct config_whole *whole = xcalloc(1, sizeof(*whole));
    check_root(loader);
    read_sections(loader, whole);
    sections_check(loader, whole);
    map_read(loader, whole);
    load_plugins(loader, &whole->config);
    lists_read(loader, whole);
    rules_read(loader, whole);
    int result = 0;
    if (loader->n_mistakes > 0) {
        tell_mistakes(loader, mistake, ctx);
        config_free(&whole->config);
        result = -EINVAL;
    } else {
        make_sha256(&whole->config);
        *config = &whole->config;
    }
    loader_done(loader);
    return result;
}

static void loader_init(struct loader *loader)
{
    *loader = (struct loader){0};
    loader->mistake = xcalloc(MAX_MISTAKES, sizeof(loader->mistake[0]));
}

int config_load(struct config **config, const char *file, const char *const *p, size_t n_p,
                config_mistake_fn mistake, void *ctx)
{
    *config = NULL;
    struct loader loader;
    loader_init(&loader);
    loader.file = file;
    struct source_text source = {0};
    if (file && source_read_file(&loader, file, &source))
        tree_parse(&loader, &source);
    else
        loader.root = tree_new_node(&loader, NULL, NULL, NODE_GROUP);
    override_environment(&loader, environ);
    override_command_line(&loader, p, n_p);
    int result = finish(&loader, config, mistake, ctx);
    source_done(&source);
    return result;
}

int config_load_text(struct config **config, struct cw_str text, config_mistake_fn mistake,
                     void *ctx)
{
    *config = NULL;
    struct loader loader;
    loader_init(&loader);
    loader.from_text = true;
    struct source_text source;
    if (source_read_text(&loader, text, &source))
        tree_parse(&loader, &source);
    else
        loader.root = tree_new_node(&loader, NULL, NULL, NODE_GROUP);
    int result = finish(&loader, config, mistake, ctx);
    source_done(&source);
    return result;
}
