/*
 * quiet_silence.c - silences, and all that is quiet into a snapshot and back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/alarm/note.h"
#include "core/alarm/quiet_private.h"
#include "core/fold.h"
#include "core/view/snapshot.h"

/* ---- matching ---- */

const struct silence *quiet_silence(const struct fold *fold, const struct alarm *alarm)
{
    const struct quiet *quiet = &fold->quiet;
    for (uint32_t i = 0; i < quiet->n_silences; i++) {
        const struct silence *silence = quiet->silence[i];
        if (silence->from_ns <= fold->now_ns && fold->now_ns < silence->until_ns &&
            matchers_hold(silence->matcher, silence->n_matchers, alarm))
            return silence;
    }
    return NULL;
}

const struct silence *quiet_find_silence(const struct quiet *quiet, struct cw_str id)
{
    for (uint32_t i = 0; i < quiet->n_silences; i++) {
        if (str_is(id, quiet->silence[i]->id))
            return quiet->silence[i];
    }
    return NULL;
}

static int check(const struct fold *fold, const struct silence *silence, struct cw_error *err)
{
    if (silence->until_ns <= fold->now_ns || silence->until_ns <= silence->from_ns)
        return err_set(err, -EINVAL, "The silence ends in the future, behind its begin.");
    if (silence->until_ns - silence->from_ns > MAX_SILENCE_NS)
        return err_set(err, -EINVAL, "A silence lasts 7 days at most.");
    return matchers_check(silence->matcher, silence->n_matchers, err);
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

/* ---- when one begins or ends by the clock ---- */

/* Only inhibition hangs on that: what explains must not be silenced. */
void quiet_arm_edge(struct fold *fold)
{
    struct quiet *quiet = &fold->quiet;
    int64_t edge_ns = 0;
    for (uint32_t i = 0; i < quiet->n_silences && fold->rules->n_inhibitions > 0; i++) {
        const int64_t at_ns[2] = {quiet->silence[i]->from_ns, quiet->silence[i]->until_ns};
        for (size_t k = 0; k < 2; k++) {
            if (at_ns[k] > fold->now_ns && (edge_ns == 0 || at_ns[k] < edge_ns))
                edge_ns = at_ns[k];
        }
    }
    if (edge_ns)
        timer_arm(&fold->timers, &quiet->edge, TIMER_SILENCE, 0, edge_ns);
}

void quiet_edge(struct fold *fold)
{
    if (fold->quiet.sources.n > 0)
        quiet_judge_targets(fold, UINT32_MAX, note_text(NOTE_SILENCE));
    quiet_arm_edge(fold);
}

/* ---- giving ---- */

static int add(struct fold *fold, const struct silence *silence, struct cw_error *err)
{
    struct quiet *quiet = &fold->quiet;
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

int quiet_add_silence(struct fold *fold, const struct silence *silence, struct cw_error *err)
{
    int ret = check(fold, silence, err);
    if (ret == 0)
        ret = add(fold, silence, err);
    if (ret == 0)
        quiet_edge(fold);
    return ret;
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
        quiet_edge(fold);
        return 0;
    }
    return err_set(err, -ENOENT, "There is no silence \"%.*s\".", (int)utf8_cut(id, 64), id.p);
}

void quiet_forget_comment(struct quiet *quiet, struct cw_str id)
{
    for (uint32_t i = 0; i < quiet->n_silences; i++) {
        if (str_is(id, quiet->silence[i]->id))
            explicit_bzero(quiet->silence[i]->comment, sizeof(quiet->silence[i]->comment));
    }
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
    json_member_opt(out, "comment", str_of(silence->comment));
    json_member_time(out, "from", silence->from_ns);
    json_member_time(out, "until", silence->until_ns);
    json_key(out, "matchers");
    matchers_json(silence->matcher, silence->n_matchers, out);
    json_object_end(out);
}

/* ---- kept ---- */

static void save_silence(const struct silence *silence, struct saver *saver)
{
    save_str(saver, str_of(silence->id));
    save_str(saver, str_of(silence->by));
    save_i64(saver, silence->from_ns);
    save_i64(saver, silence->until_ns);
    matchers_save(silence->matcher, silence->n_matchers, saver);
    save_str(saver, str_of(silence->comment));
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
    silence->n_matchers = matchers_load(silence->matcher, loader);
    if (loader->version >= 2)
        load_field(loader, silence->comment, sizeof(silence->comment));
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
    quiet_arm_edge(fold);
}
