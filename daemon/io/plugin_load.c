/*
 * plugin_load.c - built-in plugins, and those of a folder (dlopen, its only door).
 *
 * A plugin runs with all the daemon may do, so what is loaded must be what the owner put
 * there: the folder is opened first, the file in it without following a link, both are
 * checked on the open descriptor, and that descriptor (by /proc/self/fd) is what dlopen
 * gets. The table of loaded plugins is the one thing here that outlives a configuration.
 */
#include "io/plugin_load.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"
#include "io/plugin_builtin.h"

#define MAX_LOADED 64
#define MAX_SELF ((size_t)1 << 20)
#define MAX_OPTIONS 64

/* Written on the loop only, while a configuration is read. */
static struct loaded {
    char name[MAX_ID + 1]; /* of the file, without .so */
    const struct cw_plugin *plugin;
} loaded[MAX_LOADED];
static size_t n_loaded;

/* ---- is it a plugin, and one for us? ---- */

static const char *const kind_names[] = {
    [CW_DECODER] = "decoder",
    [CW_DETECTOR] = "detector",
    [CW_ENCODER] = "encoder",
    [CW_NOTIFIER] = "notifier",
};

/* What the host's own tables use beside a plugin's in the same group of the configuration. */
static bool name_reserved(uint32_t kind, const char *name)
{
    static const char *const of_rules[] = {"name", "detector", "priority",   "category",
                                           "kind", "risk",     "site",       "device",
                                           "text", "action",   "pages_late", NULL};
    static const char *const of_channels[] = {"name",    "notifier", "timeout", "max_backoff",
                                              "give_up", "rate",     "burst",   NULL};
    static const char *const none[] = {NULL};
    const char *const *reserved = kind == CW_DETECTOR   ? of_rules
                                  : kind == CW_NOTIFIER ? of_channels
                                                        : none;
    for (; *reserved; reserved++) {
        if (strcmp(*reserved, name) == 0)
            return true;
    }
    return false;
}

static bool option_name_valid(const char *name)
{
    if (name[0] < 'a' || name[0] > 'z')
        return false;
    for (const char *c = name; *c; c++) {
        if ((*c < 'a' || *c > 'z') && (*c < '0' || *c > '9') && *c != '_')
            return false;
    }
    return strlen(name) <= 40;
}

static size_t option_size(uint32_t type)
{
    switch (type) {
    case CW_OPT_BOOL:
        return sizeof(int32_t);
    case CW_OPT_INT:
    case CW_OPT_TIME:
    case CW_OPT_SIZE:
        return sizeof(int64_t);
    case CW_OPT_REAL:
        return sizeof(double);
    case CW_OPT_TEXT:
    case CW_OPT_SECRET:
    case CW_OPT_LIST:
        return sizeof(void *);
    default:
        return 0;
    }
}

static int check_option(const struct cw_plugin *plugin, const struct cw_option *option,
                        void *scratch, const char *file, struct cw_error *err)
{
    size_t size = option_size(option->type);
    if (!option_name_valid(option->name) || name_reserved(plugin->kind, option->name))
        return err_set(err, -EINVAL, "plugin %s: an option cannot be called \"%.40s\"", file,
                       option->name);
    if (size == 0)
        return err_set(err, -EINVAL, "plugin %s: option %s has the unknown type %u", file,
                       option->name, option->type);
    if (option->offset % size != 0 || option->offset > plugin->self_size ||
        plugin->self_size - option->offset < size)
        return err_set(err, -EINVAL, "plugin %s: option %s lies outside its memory", file,
                       option->name);
    if (!option->help)
        return err_set(err, -EINVAL, "plugin %s: option %s has no help", file, option->name);
    if (option_find(plugin->option, option->name) != option - plugin->option)
        return err_set(err, -EINVAL, "plugin %s: there are two options %s", file, option->name);
    struct cw_error why;
    if (option->preset && option->preset[0] &&
        option_set(option, scratch, str_of(option->preset), &why) != 0)
        return err_set(err, -EINVAL, "plugin %s: preset of %.160s", file, why.text);
    return 0;
}

static int check_options(const struct cw_plugin *plugin, const char *file, struct cw_error *err)
{
    if (!plugin->option)
        return 0;
    size_t n = 0;
    while (n <= MAX_OPTIONS && plugin->option[n].name)
        n++;
    if (n > MAX_OPTIONS)
        return err_set(err, -EINVAL, "plugin %s has more than %d options", file, MAX_OPTIONS);
    void *scratch = xcalloc(1, plugin->self_size + 1);
    int result = 0;
    size_t n_good = 0;
    for (; n_good < n && result == 0; n_good++)
        result = check_option(plugin, &plugin->option[n_good], scratch, file, err);
    if (result == 0)
        option_free(plugin->option, scratch);
    else /* what lies outside the memory cannot be freed by table */
        for (size_t i = 0; i + 1 < n_good; i++)
            option_free((struct cw_option[]){plugin->option[i], {0}}, scratch);
    free(scratch);
    return result;
}

/* The functions that are not optional. */
static bool functions_given(const struct cw_plugin *plugin)
{
    if (!plugin->ops.decoder)
        return false;
    switch (plugin->kind) {
    case CW_DECODER:
        return plugin->ops.decoder->size == sizeof(struct cw_decoder) &&
               (plugin->ops.decoder->points || plugin->ops.decoder->document);
    case CW_DETECTOR: {
        const struct cw_detector *d = plugin->ops.detector;
        bool scope_known = d->scope >= CW_SCOPE_SERIES && d->scope <= CW_SCOPE_ROOM;
        return d->size == sizeof(*d) && (scope_known || d->scope_of) && d->inputs &&
               d->state_size && d->reset && d->step;
    }
    case CW_ENCODER: {
        const struct cw_encoder *e = plugin->ops.encoder;
        return e->size == sizeof(*e) && e->prefix && e->body && !e->name == !e->named_body;
    }
    default: {
        const struct cw_notifier *n = plugin->ops.notifier;
        return n->size == sizeof(*n) && n->render && n->judge;
    }
    }
}

int plugin_check(const struct cw_plugin *plugin, const char *file, struct cw_error *err)
{
    /* Of another ABI only the first number can be read. */
    if (plugin->abi != CW_ABI)
        return err_set(err, -EINVAL,
                       "plugin %s is built for plugin ABI %u, this daemon has %d: build it "
                       "again with this version's headers",
                       file, plugin->abi, CW_ABI);
    if (plugin->kind < CW_DECODER || plugin->kind > CW_NOTIFIER)
        return err_set(err, -EINVAL, "plugin %s is of the unknown kind %u", file, plugin->kind);
    if (!plugin->name || !id_valid(str_of(plugin->name)) || !plugin->help)
        return err_set(err, -EINVAL, "plugin %s has no valid name and help", file);
    if (plugin->self_size > MAX_SELF)
        return err_set(err, -EINVAL, "plugin %s wants %zu bytes for its options", file,
                       plugin->self_size);
    if (!functions_given(plugin))
        return err_set(err, -EINVAL, "plugin %s lacks functions a %s must have", file,
                       kind_names[plugin->kind]);
    return check_options(plugin, file, err);
}

/* ---- files ---- */

/* Nobody but the owner may change it, and the owner is root or who we are. */
static int check_owner(int fd, bool folder, const char *path, struct cw_error *err)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_set(err, -errno, "plugin %s: %s", path, strerror(errno));
    if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
        return err_set(err, -EINVAL, "plugin %s is not a %s", path,
                       folder ? "folder" : "plain file");
    if (st.st_uid != 0 && st.st_uid != geteuid())
        return err_set(err, -EPERM, "plugin %s belongs to user %u, not to root or this user",
                       path, st.st_uid);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return err_set(err, -EPERM, "plugin %s can be written by group or others (mode %03o)",
                       path, st.st_mode & 0777u);
    return 0;
}

/* The checked file, open; or negative with err. */
static int open_checked(int folder, const char *file, const char *path, struct cw_error *err)
{
    int fd = openat(folder, file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return err_set(err, -errno, "plugin %s: %s", path,
                       errno == ELOOP ? "symbolic links are not followed" : strerror(errno));
    int result = check_owner(fd, false, path, err);
    if (result == 0)
        return fd;
    (void)close(fd);
    return result;
}

/* The dynamic linker takes two equal paths for one library, and descriptors are used again:
 * so each try is spelled differently, by a count in "//" and "/." that the kernel ignores. */
static void descriptor_path(int fd, char *path, size_t cap)
{
    static unsigned n_tries;
    unsigned count = n_tries++;
    char spelling[2 * 24 + 1] = "";
    for (unsigned bit = 0; bit < 24; bit++)
        memcpy(spelling + 2 * (size_t)bit, count >> bit & 1 ? "/." : "//", 3);
    (void)snprintf(path, cap, "/proc/self%s/fd/%d", spelling, fd);
}

static int load_file(int folder, const char *name, const char *dir, struct cw_error *err)
{
    char file[MAX_ID + 4], path[512], by_descriptor[96];
    (void)snprintf(file, sizeof(file), "%s.so", name);
    (void)snprintf(path, sizeof(path), "%.400s/%s", dir, file);
    if (n_loaded == MAX_LOADED)
        return err_set(err, -E2BIG, "plugin %s: more than %d are loaded", path, MAX_LOADED);
    int fd = open_checked(folder, file, path, err);
    if (fd < 0)
        return fd;
    descriptor_path(fd, by_descriptor, sizeof(by_descriptor));
    void *library = dlopen(by_descriptor, RTLD_NOW | RTLD_LOCAL);
    const char *why = library ? NULL : dlerror();
    (void)close(fd);
    if (!library)
        return err_set(err, -EINVAL, "plugin %s: %.150s", path, why);
    const struct cw_plugin *plugin = dlsym(library, "carewatch_plugin");
    int result = plugin ? plugin_check(plugin, path, err)
                        : err_set(err, -EINVAL, "plugin %s has no carewatch_plugin", path);
    if (result != 0) {
        (void)dlclose(library);
        return result;
    }
    struct loaded *entry = &loaded[n_loaded++];
    (void)str_copy(entry->name, sizeof(entry->name), str_of(name));
    entry->plugin = plugin;
    return 0;
}

static bool is_loaded(const char *name)
{
    for (size_t i = 0; i < n_loaded; i++) {
        if (strcmp(loaded[i].name, name) == 0)
            return true;
    }
    return false;
}

int plugin_load_all(const char *dir, const char *const *name,
                    void (*mistake)(void *ctx, const struct cw_error *err), void *ctx)
{
    if (!dir || !name || !name[0])
        return 0;
    struct cw_error err;
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (folder < 0)
        (void)err_set(&err, -errno, "plugins.dir %.150s: %s", dir, strerror(errno));
    if (folder < 0 || check_owner(folder, true, dir, &err) != 0) {
        mistake(ctx, &err);
        if (folder >= 0)
            (void)close(folder);
        return 1;
    }
    int n_mistakes = 0;
    for (; *name; name++) {
        int result = 0;
        if (!id_valid(str_of(*name)))
            result = err_set(&err, -EINVAL, "plugins.load: \"%.64s\" is not a name", *name);
        else if (!is_loaded(*name))
            result = load_file(folder, *name, dir, &err);
        if (result != 0) {
            mistake(ctx, &err);
            n_mistakes++;
        }
    }
    (void)close(folder);
    return n_mistakes;
}

/* ---- by name ---- */

const struct cw_plugin *plugin_at(size_t i)
{
    if (i < n_loaded)
        return loaded[i].plugin;
    i -= n_loaded;
    for (size_t k = 0; plugin_builtin[k]; k++) {
        if (k == i)
            return plugin_builtin[k];
    }
    return NULL;
}

const struct cw_plugin *plugin_find(enum cw_plugin_kind kind, const char *name)
{
    const struct cw_plugin *plugin;
    for (size_t i = 0; (plugin = plugin_at(i)); i++) {
        if (plugin->kind == kind && strcmp(plugin->name, name) == 0)
            return plugin;
    }
    return NULL;
}
