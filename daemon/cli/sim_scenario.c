/*
 * sim_scenario.c - reads a scenario; every entry is checked before the city is built.
 */
#include "cli/sim_scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/units.h"
#include "io/json_read.h"

#define MAX_FILE_BYTES (4u << 20)

static int read_file(const char *file, struct buf *text, struct cw_error *err)
{
    char room[65536];
    size_t got;
    FILE *in = fopen(file, "re");
    if (!in)
        return err_set(err, -errno, "%s: %s", file, strerror(errno));
    while ((got = fread(room, 1, sizeof(room), in)) > 0)
        buf_add(text, room, got);
    fclose(in);
    return text->full ? err_set(err, -E2BIG, "%s: larger than 4 MiB", file) : 0;
}

static bool known_kind(const char *(*kind_at)(uint32_t), const char *kind)
{
    for (uint32_t i = 0; kind_at(i); i++) {
        if (strcmp(kind_at(i), kind) == 0)
            return true;
    }
    return false;
}

static int read_duration(const struct json_node *value, bool required, int64_t *ms,
                         struct cw_error *err)
{
    int64_t ns = 0;
    *ms = 0;
    if (!value)
        return required ? err_set(err, -EINVAL, "\"at\" is missing") : 0;
    int ret = duration_parse(str_of(node_text(value, "")), &ns, err);
    *ms = ns / NS_PER_MS;
    return ret;
}

static int read_entry(const struct json_node *entry, const char *(*kind_at)(uint32_t),
                      struct city_scripted *scripted, struct cw_error *err)
{
    static const char *const members[] = {"kind", "site", "device", "at", "for"};
    const char *key;
    if (!node_is_object(entry))
        return err_set(err, -EINVAL, "is not an object");
    for (size_t i = 0; node_member(entry, i, &key); i++) {
        size_t k = 0;
        while (k < 5 && strcmp(members[k], key) != 0)
            k++;
        if (k == 5)
            return err_set(err, -EINVAL, "unknown member \"%.40s\"", key);
    }
    const char *kind = node_text(node_get(entry, "kind"), "");
    if (!known_kind(kind_at, kind))
        return err_set(err, -EINVAL, "there is no kind \"%.40s\" of incident", kind);
    if (!str_copy(scripted->kind, sizeof(scripted->kind), str_of(kind)) ||
        !str_copy(scripted->site, sizeof(scripted->site),
                  str_of(node_text(node_get(entry, "site"), ""))) ||
        !str_copy(scripted->device, sizeof(scripted->device),
                  str_of(node_text(node_get(entry, "device"), ""))))
        return err_set(err, -EINVAL, "site and device have at most 64 characters");
    int ret = read_duration(node_get(entry, "at"), true, &scripted->t0_ms, err);
    return ret ? ret : read_duration(node_get(entry, "for"), false, &scripted->length_ms, err);
}

static int read_list(const char *file, const struct json_node *list,
                     const char *(*kind_at)(uint32_t), struct city_scripted **script,
                     uint32_t *n, struct cw_error *err)
{
    const struct json_node *entry;
    struct cw_error why = {""};
    for (*n = 0; (entry = node_at(list, *n)); (*n)++) {
        if (*n == MAX_SCRIPTED)
            return err_set(err, -E2BIG, "%s: more than %u incidents", file, MAX_SCRIPTED);
        *script = xrealloc(*script, (*n + 1) * sizeof(**script));
        (*script)[*n] = (struct city_scripted){.t0_ms = 0};
        int ret = read_entry(entry, kind_at, &(*script)[*n], &why);
        if (ret)
            return err_set(err, ret, "%s: incident %u: %s", file, *n + 1, why.text);
    }
    if (*n == 0)
        return err_set(err, -EINVAL, "%s: \"incidents\" is no list of incidents", file);
    return 0;
}

int sim_scenario_read(const char *file, const char *(*kind_at)(uint32_t),
                      struct city_scripted **script, uint32_t *n, struct cw_error *err)
{
    struct buf text;
    struct json_node *root = NULL;
    struct cw_error why = {""};
    *script = NULL;
    buf_init(&text, MAX_FILE_BYTES);
    int ret = read_file(file, &text, err);
    if (ret == 0 && !(root = json_read(buf_str(&text), &why)))
        ret = err_set(err, -EINVAL, "%s: %s", file, why.text);
    if (ret == 0)
        ret = read_list(file, node_get(root, "incidents"), kind_at, script, n, err);
    json_read_free(root);
    buf_done(&text);
    if (ret) {
        free(*script);
        *script = NULL;
    }
    return ret;
}
