/*
 * options.c - the door's options by table.
 */
#include "options.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/option.h"
#include "base/str.h"

#define AT(field) (uint32_t) offsetof(struct door_options, field)
#define MIB 1048576.0
#define GIB (1024 * MIB)

const struct cw_option door_options[] = {
    {"dir", CW_OPT_TEXT, AT(dir), 0, 0, CW_REQUIRED,
     "folder of this door alone, the same as doors.dir of carewatch.conf; both programs write "
     "there",
     NULL},
    {"topics_events", CW_OPT_LIST, AT(topics_events), 0, 0, "care/v1/+/+/event",
     "MQTT filters of what is on the disk before it is acknowledged", NULL},
    {"topics_data", CW_OPT_LIST, AT(topics_data), 0, 0, "care/v1/+/+/telemetry",
     "MQTT filters of what is on the disk within sync_interval", NULL},
    {"site_check", CW_OPT_BOOL, AT(site_check), 0, 0, "true",
     "a message counts only if the user name is the site of its topic", NULL},
    {"any_site", CW_OPT_LIST, AT(any_site), 0, 0, CW_OPTIONAL,
     "user names that may speak for every site: a bridge, a gateway of a district", NULL},
    {"max_payload", CW_OPT_SIZE, AT(max_payload_bytes), 64, 1 << 19, "64KiB",
     "a longer payload is cut and refused as too large, as with mqtt.max_payload", NULL},
    {"segment", CW_OPT_SIZE, AT(segment_bytes), MIB / 16, GIB, "64MiB",
     "size of one file, allocated ahead; the daemon deletes whole files", NULL},
    {"quota", CW_OPT_SIZE, AT(quota_bytes), MIB / 4, 16384 * GIB, "8GiB",
     "all files together; beyond it telemetry is not acknowledged, the sender keeps it", NULL},
    {"reserve", CW_OPT_SIZE, AT(reserve_bytes), MIB / 16, 16 * GIB, "64MiB",
     "kept free for events when the quota or the disk is used up", NULL},
    {"sync_interval", CW_OPT_TIME, AT(sync_interval_ns), 0.001, 10, "20ms",
     "telemetry is on the disk after this at the latest", NULL},
    {0},
};

int door_option(struct door_options *options, const char *name, const char *value,
                struct cw_error *err)
{
    struct cw_error why = {""};
    int i = option_find(door_options, name);
    if (i < 0) {
        const char *nearest = option_nearest(door_options, name);
        return err_set(err, -EINVAL, "plugin_opt_%.64s is not an option of the door%s%s%s",
                       name, nearest ? ", did you mean plugin_opt_" : "",
                       nearest ? nearest : "", nearest ? "?" : "");
    }
    if (option_set(&door_options[i], options, str_of(value), &why) != 0)
        return err_set(err, -EINVAL, "plugin_opt_%s: %s", name, why.text);
    return 0;
}

/* '+' and '#' stand alone in their level, '#' only in the last. */
static bool is_filter(const char *text)
{
    struct cw_str rest = str_of(text), level;
    bool ended = rest.n == 0;
    while (!ended && str_split(&rest, '/', &level)) {
        bool wild = memchr(level.p, '+', level.n) || memchr(level.p, '#', level.n);
        if (wild && level.n != 1)
            return false;
        ended = level.n == 1 && level.p[0] == '#';
    }
    return text[0] && !rest.p;
}

static int check_filters(const char *name, const char *const *filter, struct cw_error *err)
{
    for (; filter && *filter; filter++) {
        if (!is_filter(*filter))
            return err_set(err, -EINVAL, "plugin_opt_%s: \"%.100s\" is no MQTT filter", name,
                           *filter);
    }
    return 0;
}

int door_options_check(const struct door_options *options, struct cw_error *err)
{
    if (!options->dir || options->dir[0] != '/')
        return err_set(err, -EINVAL,
                       "plugin_opt_dir is missing: the folder of this door, from the root");
    int rc = check_filters("topics_events", options->topics_events, err);
    rc = rc ? rc : check_filters("topics_data", options->topics_data, err);
    if (rc == 0 && options->segment_bytes > options->quota_bytes / 4)
        rc = err_set(err, -EINVAL,
                     "plugin_opt_segment is more than a quarter of plugin_opt_quota: nothing "
                     "could ever be cleared away");
    return rc;
}

bool door_user_may(const struct door_options *options, const char *user, struct cw_str site)
{
    if (!options->site_check)
        return true;
    if (!user)
        return false;
    for (const char *const *name = options->any_site; name && *name; name++) {
        if (strcmp(*name, user) == 0)
            return true;
    }
    return site.n > 0 && str_is(site, user);
}
