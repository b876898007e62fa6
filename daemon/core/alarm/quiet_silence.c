/*
 * quiet_silence.c - silences, and all that is quiet into a snapshot and back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/alarm/quiet.h"
#include "core/fold.h"
#include "core/view/snapshot.h"

/* ---- matching ---- */

static const char *label_of(const struct alarm *alarm, const char *name)
{
    const struct {
        const char *name, *value;
    } label[] = {
        {"alertname", alarm->rule},
        {"rule", alarm->rule},
        {"kind", alarm->kind},
        {"priority", priority_name(alarm->priority)},
        {"severity", priority_name(alarm->priority)},
        {"category", category_name(alarm->category)},
        {"risk", alarm->risk},
        {"site", alarm->site},
        {"district", alarm->district},
        {"device", alarm->device},
        {"resident", alarm->resident},
        {"bed", alarm->bed},
        {"id", alarm->id},
        {"incident", alarm->incident},
    };
    for (size_t i = 0; i < sizeof(label) / sizeof(label[0]); i++) {
        if (strcmp(label[i].name, name) == 0)
            return label[i].value;
    }
    return "";
}

bool silence_matches(const struct silence *silence, const struct alarm *alarm)
{
    for (uint32_t i = 0; i < silence->n_matchers; i++) {
        const struct matcher *matcher = &silence->matcher[i];
        struct cw_str value = str_of(label_of(alarm, matcher->name));
        bool is = matcher->is_pattern ? match_whole(str_of(matcher->value), value)
                                      : str_is(value, matcher->value);
        if (is != matcher->is_equal)
            return false;
    }
    return true;
}

const struct silence *quiet_silence(const struct fold *fold, const struct alarm *alarm)
{
    const struct quiet *quiet = &fold->quiet;
    for (uint32_t i = 0; i < quiet->n_silences; i++) {
        const struct silence *silence = quiet->silence[i];
        if (silence->from_ns <= fold->now_ns && fold->now_ns < silence->until_ns &&
            silence_matches(silence, alarm))
            return silence;
    }
    return NULL;
}

/* ---- giving and ending ---- */

const struct silence *quiet_find_silence(const struct quiet *quiet, struct cw_str id)
{
    for (uint32_t i = 0; i < quiet->n_silences; i++) {
        if (str_is(id, quiet->silence[i]->id))
            return quiet->silence[i];
    }
    return NULL;
}

/* One that would match everything is a switch, not a silence. */
static int check(const struct fold *fold, const struct silence *silence, struct cw_error *err)
{
    bool says_something = false;
    if (silence->until_ns <= fold->now_ns || silence->until_ns <= silence->from_ns)
        return err_set(err, -EINVAL, "The silence ends in the future, behind its begin.");
    if (silence->until_ns - silence->from_ns > MAX_SILENCE_NS)
        return err_set(err, -EINVAL, "A silence lasts 7 days at most.");
    for (uint32_t i = 0; i < silence->n_matchers; i++) {
        const struct matcher *matcher = &silence->matcher[i];
        struct cw_str value = str_of(matcher->value);
        if (matcher->name[0] == '\0')
            return err_set(err, -EINVAL, "A matcher has a name.");
        if (matcher->is_pattern && match_check(value, err) != 0)
            return -EINVAL;
        bool empty = matcher->is_pattern ? match_whole(value, CW_STR("")) : value.n == 0;
        says_something = says_something || empty != matcher->is_equal;
    }
    if (!says_something)
        return err_set(err, -EINVAL, "The silence would match everything: name something.");
    return 0;
}

/* Ended ones make room, the oldest first. */
static bool make_room(struct quiet *quiet, int64_t now_ns)
{
    if (quiet->n_silences < MAX_SILENCES)
        return true;
    for (uint32_t i = 0; i < quiet->n_silences; i++) {
        if (quiet->silence[i]->until_ns > now_ns)
            continue;
        free(quiet->silence[i]);
        quiet->n_silences--;
        memmove(&quiet->silence[i], &quiet->silence[i + 1],
                (quiet->n_silences - i) * sizeof(quiet->silence[0]));
        return true;
    }
    return false;
}

int quiet_add_silence(struct fold *fold, const struct silence *silence, struct cw_error *err)
{
    struct quiet *quiet = &fold->quiet;
    int ret = check(fold, silence, err);
    if (ret)
        return ret;
    for (uint32_t i = 0; i < quiet->n_silences; i++) {
        if (strcmp(quiet->silence[i]->id, silence->id) == 0) {
            *quiet->silence[i] = *silence;
            return 0;
        }
    }
    if (!make_room(quiet, fold->now_ns))
        return err_set(err, -E2BIG, "There are %u silences already.", MAX_SILENCES);
    struct silence *copy = xmalloc(sizeof(*copy));
    *copy = *silence;
    quiet->silence[quiet->n_silences++] = copy;
    return 0;
}

int quiet_expire(struct fold *fold, struct cw_str id, struct cw_error *err)
{
    struct quiet *quiet = &fold->quiet;
    for (uint32_t i = 0; i < quiet->n_silences; i++) {
        struct silence *silence = quiet->silence[i];
        if (!str_is(id, silence->id))
            continue;
        if (silence->until_ns > fold->now_ns)
            silence->until_ns = fold->now_ns;
        if (silence->from_ns > fold->now_ns)
            silence->from_ns = fold->now_ns;
        return 0;
    }
    return err_set(err, -ENOENT, "There is no silence \"%.*s\".", (int)utf8_cut(id, 64), id.p);
}

void silence_json(const struct silence *silence, int64_t now_ns, struct json_out *out)
{
    json_object(out);
    json_member_text(out, "id", str_of(silence->id));
    json_member_text(out, "state",
                     silence->until_ns <= now_ns ? CW_STR("expired")
                     : silence->from_ns > now_ns ? CW_STR("pending")
                                                 : CW_STR("active"));
    json_member_text(out, "by", str_of(silence->by));
    json_member_time(out, "from", silence->from_ns);
    json_member_time(out, "until", silence->until_ns);
    json_key(out, "matchers");
    json_array(out);
    for (uint32_t i = 0; i < silence->n_matchers; i++) {
        const struct matcher *matcher = &silence->matcher[i];
        json_object(out);
        json_member_text(out, "name", str_of(matcher->name));
        json_member_text(out, "value", str_of(matcher->value));
        json_member_bool(out, "isRegex", matcher->is_pattern);
        json_member_bool(out, "isEqual", matcher->is_equal);
        json_object_end(out);
    }
    json_array_end(out);
    json_object_end(out);
}

/* ---- kept ---- */

static void save_silence(const struct silence *silence, struct saver *saver)
{
    save_str(saver, str_of(silence->id));
    save_str(saver, str_of(silence->by));
    save_i64(saver, silence->from_ns);
    save_i64(saver, silence->until_ns);
    save_u32(saver, silence->n_matchers);
    for (uint32_t i = 0; i < silence->n_matchers; i++) {
        save_str(saver, str_of(silence->matcher[i].name));
        save_str(saver, str_of(silence->matcher[i].value));
        save_u8(saver, silence->matcher[i].is_pattern);
        save_u8(saver, silence->matcher[i].is_equal);
    }
}

void quiet_save(const struct quiet *quiet, struct saver *saver)
{
    save_u64(saver, quiet->n_begun);
    save_u32(saver, quiet->n_windows);
    for (uint32_t i = 0; i < quiet->n_windows; i++) {
        const struct window *window = quiet->window[i];
        save_u64(saver, window->number);
        save_str(saver, str_of(window->id));
        save_str(saver, str_of(window->site));
        save_str(saver, str_of(window->device));
        save_str(saver, str_of(window->by));
        save_i64(saver, window->begun_ns);
        save_i64(saver, window->until_ns);
    }
    save_u32(saver, quiet->n_silences);
    for (uint32_t i = 0; i < quiet->n_silences; i++)
        save_silence(quiet->silence[i], saver);
}

static void load_window(struct fold *fold, struct loader *loader)
{
    struct quiet *quiet = &fold->quiet;
    struct window *window = xcalloc(1, sizeof(*window));
    window->number = load_u64(loader);
    load_field(loader, window->id, sizeof(window->id));
    load_field(loader, window->site, sizeof(window->site));
    load_field(loader, window->device, sizeof(window->device));
    load_field(loader, window->by, sizeof(window->by));
    window->begun_ns = load_i64(loader);
    window->until_ns = load_i64(loader);
    quiet->window[quiet->n_windows++] = window;
    timer_arm(&fold->timers, &window->timer, TIMER_WINDOW, window->number, window->until_ns);
}

static void load_silence(struct quiet *quiet, struct loader *loader)
{
    struct silence *silence = xcalloc(1, sizeof(*silence));
    quiet->silence[quiet->n_silences++] = silence;
    load_field(loader, silence->id, sizeof(silence->id));
    load_field(loader, silence->by, sizeof(silence->by));
    silence->from_ns = load_i64(loader);
    silence->until_ns = load_i64(loader);
    uint32_t n = load_u32(loader);
    if (n > MAX_MATCHERS)
        loader->failed = true;
    for (uint32_t i = 0; i < n && !loader->failed; i++) {
        struct matcher *matcher = &silence->matcher[silence->n_matchers++];
        load_field(loader, matcher->name, sizeof(matcher->name));
        load_field(loader, matcher->value, sizeof(matcher->value));
        matcher->is_pattern = load_u8(loader);
        matcher->is_equal = load_u8(loader);
    }
}

void quiet_load(struct fold *fold, struct loader *loader)
{
    struct quiet *quiet = &fold->quiet;
    quiet->n_begun = load_u64(loader);
    uint32_t n = load_count(loader, 40);
    if (n > MAX_WINDOWS)
        loader->failed = true;
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        load_window(fold, loader);
    n = load_count(loader, 28);
    if (n > MAX_SILENCES)
        loader->failed = true;
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        load_silence(quiet, loader);
}
