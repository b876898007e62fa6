/*
 * config_map.c - the operator's outline of the districts: a GeoJSON file, read with the
 * configuration, so that a request for it never waits for a disk.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json_out.h"
#include "base/str.h"
#include "io/config_private.h"
#include "io/json_read.h"

#define MAX_OUTLINE ((size_t)4 << 20)

static const struct node *outline_node(const struct loader *loader)
{
    const struct node *group = node_child(loader->root, "map");
    const struct node *node = node_child(group, "outline");
    return node ? node : group;
}

static int outline_check(struct cw_str text, struct cw_error *err)
{
    struct json_node *root = json_read(text, err);
    if (!root)
        return -1;
    bool good = strcmp(node_text(node_get(root, "type"), ""), "FeatureCollection") == 0;
    json_read_free(root);
    return good ? 0 : err_set(err, -1, "it is no FeatureCollection");
}

/* What the page needs to know besides goes in front, as members of the collection. */
static void outline_keep(struct config_whole *whole, struct cw_str text)
{
    struct map_section *map = &whole->config.map;
    struct buf answer;
    struct json_out out;
    while (text.n > 0 && text.p[0] != '{')
        text = (struct cw_str){text.p + 1, text.n - 1};
    buf_init(&answer, MAX_OUTLINE + 4096);
    json_out_init(&out, &answer);
    json_object(&out);
    json_member_text(&out, "approval", str_of(map->approval));
    json_member_text(&out, "crs_name", str_of(map->crs));
    buf_add_char(&answer, ',');
    buf_add_str(&answer, (struct cw_str){text.p + 1, text.n - 1});
    char *kept = config_keep_array(whole, answer.n + 1, 1);
    memcpy(kept, answer.p, answer.n);
    map->outline_text = kept;
    map->outline_n = answer.n;
    buf_done(&answer);
}

void map_read(struct loader *loader, struct config_whole *whole)
{
    const struct map_section *map = &whole->config.map;
    struct cw_error err = {""};
    struct buf text;
    if (map->outline[0] == '\0' || loader->from_text)
        return;
    if (map->approval[0] == '\0')
        mistake_at(loader, outline_node(loader),
                   "map.approval is missing: a map is shown with its approval number");
    buf_init(&text, MAX_OUTLINE);
    int ret = source_slurp(map->outline, MAX_OUTLINE, &text);
    if (ret < 0)
        err_set(&err, ret, "%s", strerror(-ret));
    if (ret < 0 || outline_check(buf_str(&text), &err) != 0)
        mistake_at(loader, outline_node(loader), "map.outline: cannot read %s (%s)",
                   map->outline, err.text);
    else
        outline_keep(whole, buf_str(&text));
    buf_done(&text);
}
