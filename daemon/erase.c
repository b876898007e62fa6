/*
 * erase.c - see erase.h. While it works nothing is sealed or trimmed (daemon->erasing).
 *
 * Last come the snapshots. The second one puts the older of the two away for good, and a start
 * uses a snapshot only when the store has followed it: so the store has to have passed the
 * first one before the second is written, or a kill in between would leave none to start from.
 */
#include "erase.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon.h"
#include "erase_forget.h"
#include "io/door_mask.h"
#include "io/json_read.h"
#include "io/store_names.h"
#include "pipeline_private.h"

#define LOOK_MS 50
#define MAX_LOOKS 1200u /* a minute: a store that does not follow must not hold the journal */
#define MAX_FORGOTTEN \
    10000u                /* commands, each of some places: what is written faster than that */
#define MAX_PATCHES 4096u /* of one segment in one go */

struct patches {
    struct journal_patch patch[MAX_PATCHES];
    size_t n;
    uint64_t base; /* of their segment */
};

struct job {
    char site[MAX_ID + 1], resident[MAX_ID + 1], by[MAX_ID + 1];
    struct mask_words words;
    char *alarms; /* ids, by space */
    bool in_quarantine[2];
    struct forget forget;
    uint32_t n_commands; /* by which the fold forgets */
    struct erase_result result;
    void (*done)(void *ctx, const struct erase_result *result);
    void *ctx;
};

struct erase {
    struct daemon *daemon;
    uv_work_t work;
    struct job *job; /* NULL: nothing to do */
    bool ready;      /* words and ids are there, the worker may begin */
    bool working, stopped;
    uint32_t n_asking; /* answers of the store that are to come */
    uv_timer_t *timer; /* looks on in the fold, then at the snapshots; NULL: at neither */
    uint32_t n_looks;
    struct position forgot_at; /* snapshots from here on have none of it */
};

static void job_free(struct job *job)
{
    if (!job)
        return;
    mask_words_done(&job->words);
    free(job->alarms);
    free(job);
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void stop_looking(struct erase *erase)
{
    if (erase->timer)
        uv_close((uv_handle_t *)erase->timer, free_handle);
    erase->timer = NULL;
}

static void look_soon(struct erase *erase, uv_timer_cb look, uint64_t again_ms)
{
    if (!erase->timer) {
        erase->timer = xcalloc(1, sizeof(*erase->timer));
        erase->timer->data = erase;
        if (uv_timer_init(&erase->daemon->loop, erase->timer) != 0)
            BUG("the loop refused the timer of erasing");
    }
    if (uv_timer_start(erase->timer, look, 0, again_ms) != 0)
        BUG("the timer of erasing does not start");
}

static void conclude(struct erase *erase)
{
    struct job *job = erase->job;
    stop_looking(erase);
    erase->job = NULL;
    erase->ready = erase->daemon->erasing = false;
    if (job->result.rc)
        log_err("a resident could not be erased, try again site=%s (%s)", job->site,
                job->result.why);
    else
        log_info("a resident was erased site=%s records=%llu rows=%llu words=%u short=%u",
                 job->site, (unsigned long long)job->result.n_records,
                 (unsigned long long)job->result.n_rows, job->result.n_words,
                 job->result.n_short);
    job->done(job->ctx, &job->result);
    job_free(job);
}

/* ---- the worker: journal and quarantine ---- */

/* Is one of the resident's alarms what the command is about? */
static bool is_about_alarm(const struct job *job, struct cw_str payload)
{
    struct cw_str rest = str_of(job->alarms), id;
    while (str_split(&rest, ' ', &id)) {
        if (id.n > 0 && mask_mentions(payload, "alarm", id))
            return true;
    }
    return false;
}

static bool is_of_site(const struct job *job, struct cw_str topic)
{
    char part[MAX_ID + 3];
    int n = snprintf(part, sizeof(part), "/%s/", job->site);
    return topic.n > 0 && memmem(topic.p, topic.n, part, (size_t)n) != NULL;
}

static bool is_about_resident(const struct job *job, const struct record *record)
{
    struct cw_str resident = str_of(job->resident);
    if (record->kind == RECORD_MESSAGE && !is_of_site(job, record->topic))
        return false;
    return mask_mentions(record->payload, "resident", resident) ||
           mask_mentions(record->payload, "recipient", resident);
}

/* The payload as it may stay; NULL when it may stay as it is. */
static char *masked(const struct job *job, const struct record *record)
{
    if (record->kind != RECORD_MESSAGE && record->kind != RECORD_COMMAND &&
        record->kind != RECORD_REGISTRY)
        return NULL;
    struct cw_str payload = record->payload;
    bool free_text = is_about_resident(job, record) ||
                     (record->kind == RECORD_COMMAND && is_about_alarm(job, payload));
    if (!free_text && !mask_words_in(&job->words, payload))
        return NULL;
    char *copy = xstrndup(payload.p, payload.n);
    uint32_t places = mask_words_out(&job->words, copy, payload.n);
    places += free_text ? mask_free_text(copy, payload.n) : 0;
    if (places > 0 && memcmp(copy, payload.p, payload.n) != 0)
        return copy;
    free(copy);
    return NULL;
}

static int apply(struct erase *erase, struct patches *patches, struct cw_error *err)
{
    struct journal *journal = erase->daemon->journal;
    struct job *job = erase->job;
    int rc = patches->n == 0 ? 0
                             : journal_patch(journal, patches->patch, patches->n, job->by,
                                             journal_now(journal), err);
    if (rc == 0)
        job->result.n_records += patches->n;
    for (size_t i = 0; i < patches->n; i++)
        free((void *)(uintptr_t)patches->patch[i].payload.p);
    patches->n = 0;
    return rc;
}

static int look_at(struct erase *erase, struct patches *patches, const struct record *record,
                   struct position at, struct cw_error *err)
{
    char *payload = masked(erase->job, record);
    if (!payload)
        return 0;
    uint64_t base = journal_segment_at(erase->daemon->journal, at);
    int rc = 0;
    if (base != patches->base || patches->n == MAX_PATCHES)
        rc = apply(erase, patches, err);
    patches->base = base;
    patches->patch[patches->n++] = (struct journal_patch){at, {payload, record->payload.n}};
    return rc;
}

static int erase_journal(struct erase *erase, struct cw_error *err)
{
    struct journal *journal = erase->daemon->journal;
    struct journal_reader *reader;
    struct record record;
    struct position at;
    int rc = journal_roll(journal);
    if (rc)
        return err_set(err, rc, "the journal begins no new segment: %s", strerror(-rc));
    struct position until = journal_end(journal);
    rc = journal_reader_open(&reader, NULL, erase->daemon->config->journal.dir,
                             (struct position){0, 0}, err);
    if (rc)
        return rc;
    struct patches *patches = xcalloc(1, sizeof(*patches));
    while (rc == 0) {
        rc = journal_reader_next(reader, &record, &at, err);
        if (rc == -EBADMSG) { /* what cannot be read is not shown either */
            rc = 0;
            continue;
        }
        if (rc || position_cmp(at, until) >= 0)
            break;
        rc = look_at(erase, patches, &record, at, err);
    }
    rc = rc == -ENODATA ? 0 : rc;
    int last = apply(erase, patches, err);
    free(patches);
    journal_reader_close(reader);
    return rc ? rc : last;
}

/* ---- the worker: doors ---- */

struct door_job {
    struct erase *erase;
    const char *door;
};

static char *door_payload(void *ctx, const struct record *record)
{
    const struct door_job *door = ctx;
    return masked(door->erase->job, record);
}

/* As in our own journal: who did it is on the disk before it is done. */
static int door_trace(void *ctx, struct position at)
{
    const struct door_job *door = ctx;
    struct journal *journal = door->erase->daemon->journal;
    struct position traced;
    struct buf text;
    struct json_out out;
    buf_init(&text, 1024);
    json_out_init(&out, &text);
    json_object(&out);
    json_member_text(&out, "source", str_of(door->door));
    json_member_int(&out, "epoch", at.epoch);
    json_member_int(&out, "offset", (int64_t)at.offset);
    json_member_text(&out, "by", str_of(door->erase->job->by));
    json_object_end(&out);
    struct record record = {.kind = RECORD_REDACT, .payload = buf_str(&text)};
    int rc = journal_append(journal, &record, journal_now(journal), SYNC_NOW, &traced);
    buf_done(&text);
    return rc ? rc : journal_wait(journal, traced);
}

static int erase_doors(struct erase *erase, struct cw_error *err)
{
    const struct config *config = erase->daemon->config;
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < config->n_doors; i++) {
        struct door_job door = {erase, config->door[i].name};
        const struct door_mask mask = {&door, door_payload, door_trace};
        rc = door_mask(config->door[i].dir, &mask, &erase->job->result.n_records, err);
    }
    return rc;
}

static void work(uv_work_t *request)
{
    struct erase *erase = request->data;
    struct job *job = erase->job;
    struct cw_error err = {""};
    job->result.rc = erase_journal(erase, &err);
    if (job->result.rc == 0)
        job->result.rc = erase_doors(erase, &err);
    (void)str_copy(job->result.why, sizeof(job->result.why), str_of(err.text));
    for (int i = 0; i < 2; i++)
        job->in_quarantine[i] = quarantine_file_has(erase->daemon->quarantine, i, &job->words,
                                                    str_of(job->resident));
}

/* ---- the loop ---- */

static bool answered(struct erase *erase)
{
    erase->n_asking--;
    if (!erase->stopped)
        return true;
    if (erase->n_asking == 0) {
        job_free(erase->job);
        free(erase);
    }
    return false;
}

/* ---- the snapshots ---- */

static bool snapshots_are_fresh(const struct erase *erase)
{
    return position_cmp(erase->daemon->pipeline->base_at, erase->forgot_at) >= 0;
}

/* The next one may be written: no other is, and the one before could be started from. */
static bool may_write_snapshot(const struct erase *erase)
{
    const struct pipeline *pipeline = erase->daemon->pipeline;
    bool is_first = position_cmp(pipeline->snapshot_at, erase->forgot_at) < 0;
    return pipeline->snapshot_child == 0 &&
           (is_first ||
            position_cmp(pipeline->snapshot_at, store_committed(erase->daemon->store)) <= 0);
}

static void look_at_snapshots(uv_timer_t *timer)
{
    struct erase *erase = timer->data;
    struct pipeline *pipeline = erase->daemon->pipeline;
    pipeline_snapshot_poll(pipeline);
    bool is_done = snapshots_are_fresh(erase);
    int error = is_done                        ? 0
                : pipeline->snapshot_error     ? pipeline->snapshot_error
                : ++erase->n_looks > MAX_LOOKS ? -ETIMEDOUT
                                               : 0;
    if (!is_done && error == 0) {
        if (may_write_snapshot(erase))
            pipeline_snapshot_now(pipeline);
        return;
    }
    erase->job->result.rc = error;
    if (error)
        (void)snprintf(erase->job->result.why, sizeof(erase->job->result.why),
                       "the snapshots cannot be written anew: %s", strerror(-error));
    conclude(erase);
}

static void renew_snapshots(struct erase *erase)
{
    erase->forgot_at = pipeline_position(erase->daemon->pipeline);
    erase->n_looks = 0;
    look_soon(erase, look_at_snapshots, LOOK_MS);
}

/* ---- the store ---- */

static void on_erased(void *ctx, struct cw_str none, uint64_t n)
{
    struct erase *erase = ctx;
    (void)none;
    if (!answered(erase))
        return;
    erase->job->result.n_rows = n;
    renew_snapshots(erase);
}

/* With it go name and key. The fold has let go before: what it tells from now on has none of
 * the words, and whatever failed until here could be done again. */
static void erase_rows(struct erase *erase)
{
    const struct job *job = erase->job;
    erase->n_asking++;
    store_resident_erase(erase->daemon->store, job->site, job->resident, &job->words, on_erased,
                         erase);
}

/* ---- the fold ---- */

static void look_on(uv_timer_t *timer);

static void on_forgotten(void *ctx, int code, const struct alarm *alarm,
                         const struct cw_error *err)
{
    struct erase *erase = ctx;
    (void)alarm;
    if (!answered(erase))
        return;
    struct job *job = erase->job;
    if (code == 0 && ++job->n_commands > MAX_FORGOTTEN)
        code = -EAGAIN;
    if (code) {
        job->result.rc = code;
        (void)str_copy(job->result.why, sizeof(job->result.why),
                       str_of(err && err->text[0] ? err->text : strerror(-code)));
        conclude(erase);
    } else
        look_soon(erase, look_on, 0);
}

/* The first command comes also when no words were found: it is about the pseudonym. */
static void look_on(uv_timer_t *timer)
{
    struct erase *erase = timer->data;
    struct job *job = erase->job;
    const struct fold *fold = engine_fold(pipeline_engine(erase->daemon->pipeline));
    struct buf command;
    buf_init(&command, 64u << 10);
    if (forget_look(&job->forget, fold, &command) > 0 || job->n_commands == 0) {
        erase->n_asking++;
        pipeline_command(erase->daemon->pipeline, "forget", buf_str(&command), on_forgotten,
                         erase);
    } else if (job->forget.is_over)
        erase_rows(erase);
    else
        look_soon(erase, look_on, 0);
    buf_done(&command);
}

/* ---- the beginning ---- */

static void after(uv_work_t *request, int status)
{
    struct erase *erase = request->data;
    struct job *job = erase->job;
    (void)status;
    erase->working = false;
    if (erase->stopped)
        return;
    if (job->result.rc) {
        conclude(erase);
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (job->in_quarantine[i])
            quarantine_empty(erase->daemon->quarantine, i);
        job->result.n_quarantines += job->in_quarantine[i];
    }
    job->forget = (struct forget){
        .site = job->site, .resident = job->resident, .by = job->by, .words = &job->words};
    look_soon(erase, look_on, 0);
}

void erase_tick(struct erase *erase)
{
    if (!erase->ready || erase->working || erase->daemon->sealing)
        return;
    erase->ready = false;
    erase->working = true;
    erase->work.data = erase;
    if (uv_queue_work(&erase->daemon->loop, &erase->work, work, after) != 0)
        BUG("uv_queue_work refused to erase");
}

/* Every text of the person but what is said of many: how they are related, what they do not
 * stand, remarks. */
static void collect(struct mask_words *words, const struct json_node *person)
{
    static const char *const keys[] = {"name", "phone", "address"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        mask_words_add(words, str_of(node_text(node_get(person, keys[i]), "")));
}

/* What the store does not know now is not nothing: half of it erased would look like all. */
static bool was_answered(struct erase *erase, uint64_t was_read)
{
    if (!answered(erase))
        return false;
    if (was_read)
        return true;
    erase->job->result.rc = -EAGAIN;
    (void)str_copy(erase->job->result.why, sizeof(erase->job->result.why),
                   CW_STR("the store cannot be read now"));
    conclude(erase);
    return false;
}

static void on_alarms(void *ctx, struct cw_str ids, uint64_t was_read)
{
    struct erase *erase = ctx;
    if (!was_answered(erase, was_read))
        return;
    erase->job->alarms = xstrndup(ids.p ? ids.p : "", ids.n);
    erase->job->result.n_words = erase->job->words.n_words;
    erase->job->result.n_short = erase->job->words.n_short;
    erase->ready = true;
    erase_tick(erase);
}

static void on_name(void *ctx, struct cw_str text, uint64_t was_read)
{
    struct erase *erase = ctx;
    if (!was_answered(erase, was_read))
        return;
    struct job *job = erase->job;
    struct json_node *root = text.n > 0 ? json_read(text, NULL) : NULL;
    collect(&job->words, root);
    const struct json_node *contact;
    for (size_t i = 0; (contact = node_at(node_get(root, "contacts"), i)); i++)
        collect(&job->words, contact);
    json_read_free(root);
    erase->n_asking++;
    store_resident_alarms(erase->daemon->store, job->site, job->resident, on_alarms, erase);
}

int erase_resident(struct erase *erase, const struct erase_request *request,
                   void (*done)(void *ctx, const struct erase_result *result), void *ctx)
{
    if (erase->job)
        return -EBUSY;
    struct job *job = xcalloc(1, sizeof(*job));
    (void)str_copy(job->site, sizeof(job->site), str_of(request->site));
    (void)str_copy(job->resident, sizeof(job->resident), str_of(request->resident));
    (void)str_copy(job->by, sizeof(job->by), str_of(request->by));
    for (uint32_t i = 0; request->more && i < request->more->n; i++)
        mask_words_add(&job->words, str_of(request->more->word[i]));
    job->done = done;
    job->ctx = ctx;
    erase->job = job;
    erase->daemon->erasing = true;
    erase->n_asking++;
    store_name_get(erase->daemon->store, job->site, job->resident, on_name, erase);
    return 0;
}

void erase_start(struct erase **out, struct daemon *daemon)
{
    struct erase *erase = xcalloc(1, sizeof(*erase));
    erase->daemon = daemon;
    *out = erase;
}

void erase_stop(struct erase *erase)
{
    if (!erase)
        return;
    while (erase->working)
        (void)uv_run(&erase->daemon->loop, UV_RUN_ONCE);
    erase->stopped = true;
    stop_looking(erase);
    if (erase->n_asking > 0)
        return; /* freed with the store's last answer */
    job_free(erase->job);
    free(erase);
}
