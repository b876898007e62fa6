/*
 * mosquitto_door.c - a plugin of mosquitto 2.0: the broker beside the daemon writes the
 * daemon's journal itself, before it acknowledges.
 *
 *   device ─► mosquitto ─► this ─► DIR/....seg ─► daemon (doors.c: merges it into its own)
 *                │                     ▲
 *                └── PUBACK, only once it is there
 *
 * It is the same journal and the same code (io/journal_file.h), in a folder of its own, the
 * "door"; the page and the pipe beside it are io/door_page.h. No second hop, no queue of the
 * broker in between: what is acknowledged survives a kill of either program.
 *
 *   events      on the disk before PUBACK; the broker waits for it (it has one thread)
 *   telemetry   in the kernel before PUBACK, on the disk within sync_interval
 *   no room     no PUBACK: the client is disconnected, keeps the message and sends it again.
 *               Telemetry first, events go on from the reserve. At QoS 0 there is nobody to
 *               keep it: dropped and counted
 *
 * Left alone, for the daemon's own session: status, rosters and last wills, which are state,
 * retained, and which mosquitto 2.0.11 does not show to plugins when they are wills. That
 * version shows the retain flag of live publishes and neither dup nor packet id: the flag is
 * cleared, and a message sent again by its device is told from others by its content, as the
 * contract says (an event's id; device, ts or seq).
 *
 * After a failed write or sync the journal is closed and opened again, once a second: that
 * sets aside what cannot be trusted (io/journal_recover.c). Until then nothing is acknowledged.
 */
#include <errno.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/option.h"
#include "base/str.h"
#include "base/units.h"
#include "core/ingest/topic.h"
#include "io/door_page.h"
#include "io/journal_file.h"
#include "mosquitto_door/options.h"

#define DOOR_SOURCE 1u /* record.source: 0 would be the daemon itself */
#define TELL_EVERY_NS NS_PER_S
#define RENEW_EVERY_NS NS_PER_S

struct door {
    mosquitto_plugin_id_t *plugin;
    struct door_options options;
    int dir_fd, fifo;
    struct door_page *page;
    struct journal *journal;           /* NULL: could not be opened, tried again */
    _Atomic(struct journal *) running; /* for the journal's own thread: told when it is ready */
    int64_t renew_ns, told_ns;         /* monotonic: not before */
    struct complaint refusing, wrong_site;
};

/* ---- the journal ---- */

/* The journal's thread. */
static void on_synced(void *ctx)
{
    struct door *door = ctx;
    const struct journal *journal = atomic_load(&door->running);
    if (journal)
        door_page_synced(door->page, journal_synced(journal), door->fifo);
}

/* The broker's signals are the broker's: the journal's thread inherits that it takes none. */
static int open_journal(struct door *door, struct cw_error *err)
{
    const struct journal_options options = {
        .dir = door->options.dir,
        .segment_bytes = door->options.segment_bytes,
        .quota_bytes = door->options.quota_bytes,
        .reserve_bytes = door->options.reserve_bytes,
        .sync_interval_ns = door->options.sync_interval_ns,
        .shared = true,
        .synced = on_synced,
        .ctx = door,
        /* Positions are never used twice, also when all segments are gone. */
        .scan_from = {.epoch = atomic_load(&door->page->epoch)},
    };
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = journal_open(&door->journal, &options, err);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    atomic_store(&door->page->failed, rc != 0);
    if (rc)
        return rc;
    door_page_begin(door->page, journal_synced(door->journal),
                    journal_wall_offset_ns(door->journal));
    atomic_store(&door->running, door->journal);
    on_synced(door); /* what it synced before it could say so */
    return 0;
}

static void close_journal(struct door *door)
{
    struct journal *journal = door->journal;
    /* Its last sync is still told: the thread ends within journal_close(). */
    journal_close(journal);
    atomic_store(&door->running, NULL);
    door->journal = NULL;
}

/* Opens it again when it failed, but not all the time. */
static void renew_journal(struct door *door, int64_t now_ns)
{
    struct cw_error err = {""};
    if ((door->journal && !journal_failed(door->journal)) || now_ns < door->renew_ns)
        return;
    door->renew_ns = now_ns + RENEW_EVERY_NS;
    atomic_store(&door->page->failed, 1);
    close_journal(door);
    if (open_journal(door, &err) == 0)
        log_warning("door: the journal is renewed dir=%s", door->options.dir);
    else
        log_err("door: the journal cannot be renewed, nothing is acknowledged, retrying in 1s "
                "(%s)",
                err.text);
}

/* ---- one message ---- */

static bool matches(const char *const *filter, struct cw_str topic)
{
    for (; filter && *filter; filter++) {
        if (topic_matches(str_of(*filter), topic))
            return true;
    }
    return false;
}

enum door_class { NOT_OURS, EVENT, TELEMETRY };

static enum door_class class_of(const struct door *door, struct cw_str bytes,
                                struct topic *topic)
{
    bool is_event = matches(door->options.topics_events, bytes);
    if (!is_event && !matches(door->options.topics_data, bytes))
        return NOT_OURS;
    enum cw_refusal refusal = topic_parse(bytes, topic);
    if (!refusal && (topic->kind == TOPIC_STATUS || topic->kind == TOPIC_ROSTER))
        return NOT_OURS;
    return is_event ? EVENT : TELEMETRY;
}

/* 0, or negative errno: it may not be acknowledged. */
static int take(struct door *door, const struct mosquitto_evt_message *message,
                enum door_class class)
{
    size_t max = (size_t)door->options.max_payload_bytes, n = message->payloadlen;
    struct record record = {
        .kind = RECORD_MESSAGE,
        .flags = message->qos == 1   ? RECORD_QOS1
                 : message->qos == 2 ? RECORD_QOS2
                                     : 0,
        .source = DOOR_SOURCE,
        .topic = str_of(message->topic),
        /* One byte more than allowed tells the fold that it was too large. */
        .payload = {message->payload, n > max ? max + 1 : n},
    };
    enum sync_class sync = class == EVENT ? SYNC_NOW : SYNC_LATER;
    struct position at;
    if (!door->journal)
        return -EIO;
    int rc = journal_append(door->journal, &record, journal_now(door->journal), sync, &at);
    if (rc == 0 && class == EVENT && message->qos > 0)
        rc = journal_wait(door->journal, at);
    return rc;
}

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static int refuse(struct door *door, const struct mosquitto_evt_message *message, int rc)
{
    int64_t now_ns = clock_monotonic_ns();
    count(&door->page->n_refused);
    complain(&door->refusing, now_ns,
             "door: a message is not acknowledged, its sender keeps it dir=%s (%s)",
             door->options.dir, strerror(-rc));
    renew_journal(door, now_ns);
    if (message->qos > 0)
        return MOSQ_ERR_UNKNOWN; /* the client is disconnected without a PUBACK */
    count(&door->page->n_dropped);
    return MOSQ_ERR_SUCCESS;
}

/* The broker answers as if its own access list had refused it, so nobody sends it again. */
static int deny(struct door *door, const struct mosquitto_evt_message *message,
                const char *user)
{
    count(&door->page->n_wrong_site);
    complain(&door->wrong_site, clock_monotonic_ns(),
             "door: a message speaks for another site than its user, refused topic=%.200s "
             "user=%.64s",
             message->topic, user ? user : "-");
    return MOSQ_ERR_ACL_DENIED;
}

static int on_message(int event, void *event_data, void *userdata)
{
    struct door *door = userdata;
    struct mosquitto_evt_message *message = event_data;
    struct topic topic = {{NULL, 0}, {NULL, 0}, 0};
    (void)event;
    enum door_class class = class_of(door, str_of(message->topic), &topic);
    if (class == NOT_OURS)
        return MOSQ_ERR_SUCCESS;
    const char *user = mosquitto_client_username(message->client);
    if (!door_user_may(&door->options, user, topic.site))
        return deny(door, message, user);
    int rc = take(door, message, class);
    if (rc)
        return refuse(door, message, rc);
    if (door->refusing.active)
        complaint_over(&door->refusing, "door: messages are acknowledged again dir=%s",
                       door->options.dir);
    count(class == EVENT ? &door->page->n_events : &door->page->n_telemetry);
    return MOSQ_ERR_SUCCESS;
}

/* What the daemon shows of us; every turn of the broker's loop, once a second is enough. */
static int on_tick(int event, void *event_data, void *userdata)
{
    struct door *door = userdata;
    int64_t now_ns = clock_monotonic_ns();
    struct journal_stat stat;
    (void)event;
    (void)event_data;
    if (now_ns < door->told_ns)
        return MOSQ_ERR_SUCCESS;
    door->told_ns = now_ns + TELL_EVERY_NS;
    renew_journal(door, now_ns);
    if (!door->journal)
        return MOSQ_ERR_SUCCESS;
    if (atomic_exchange(&door->page->roll, 0) && journal_roll(door->journal) != 0)
        log_warning("door: no new file can be begun, as the daemon asked dir=%s",
                    door->options.dir);
    journal_stat(door->journal, &stat);
    atomic_store(&door->page->on_reserve, stat.on_reserve);
    return MOSQ_ERR_SUCCESS;
}

/* ---- life ---- */

/* A folder that is not there is made, for the group of the one above it if that is a setgid
 * one. There is one thread yet. 1 when it was made, 0 when it was there. */
static int make_dir(const char *dir)
{
    mode_t before = umask(0007);
    bool made = mkdir(dir, 0770) == 0;
    int rc = made ? 1 : errno == EEXIST ? 0 : -errno;
    (void)umask(before);
    return rc;
}

/* A new folder's name has to be on the disk before anything in it counts; the journal does so
 * only for one that it made itself. */
static int sync_name(int dir_fd)
{
    int fd = openat(dir_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd >= 0 && fsync(fd) == 0 ? 0 : -errno;
    if (fd >= 0)
        close(fd);
    return rc;
}

static int open_dir(struct door *door, struct cw_error *err)
{
    const char *dir = door->options.dir;
    int rc = make_dir(dir);
    bool made = rc > 0;
    if (rc < 0)
        return err_set(err, rc, "the folder %s cannot be made: %s", dir, strerror(-rc));
    door->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (door->dir_fd < 0)
        return err_set(err, -errno, "the folder %s cannot be opened: %s", dir, strerror(errno));
    rc = sync_name(door->dir_fd); /* also one that a crash came behind */
    if (rc && made)
        return err_set(err, rc, "the folder above %s cannot be synced: %s", dir, strerror(-rc));
    rc = door_page_open(door->dir_fd, &door->page);
    if (rc)
        return err_set(err, rc, "%s/page cannot be used: %s", dir, strerror(-rc));
    door->fifo = door_fifo_open(door->dir_fd);
    if (door->fifo < 0)
        return err_set(err, door->fifo, "%s/wake cannot be used: %s", dir,
                       strerror(-door->fifo));
    return 0;
}

static void begin_counting(const struct door *door)
{
    struct door_page *page = door->page;
    _Atomic uint64_t *const counters[] = {&page->n_telemetry,  &page->n_events,
                                          &page->n_refused,    &page->n_dropped,
                                          &page->n_wrong_site, &page->n_wakes};
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
        atomic_store(counters[i], 0);
    atomic_store(&page->quota_bytes, door->options.quota_bytes);
    atomic_store(&page->segment_bytes, door->options.segment_bytes);
    atomic_store(&page->on_reserve, 0);
}

/* What passes by itself is tried again once a second; until then nothing is acknowledged. */
static bool passes(int rc)
{
    return rc == -ENOSPC || rc == -EDQUOT || rc == -EIO;
}

static int open_door(struct door *door, const struct mosquitto_opt *option, int n_options,
                     struct cw_error *err)
{
    option_presets(door_options, &door->options);
    for (int i = 0; i < n_options; i++) {
        int rc = door_option(&door->options, option[i].key, option[i].value, err);
        if (rc)
            return rc;
    }
    int rc = door_options_check(&door->options, err);
    rc = rc ? rc : open_dir(door, err);
    if (rc)
        return rc;
    rc = open_journal(door, err);
    if (rc == 0)
        begin_counting(door);
    if (!passes(rc))
        return rc;
    log_err(
        "door: nothing is acknowledged until the journal can be opened, retrying in 1s (%s)",
        err->text);
    begin_counting(door);
    return 0;
}

static void free_door(struct door *door)
{
    close_journal(door);
    door_page_close(door->page);
    if (door->fifo >= 0)
        close(door->fifo);
    if (door->dir_fd >= 0)
        close(door->dir_fd);
    option_free(door_options, &door->options);
    free(door);
}

int mosquitto_plugin_version(int n_versions, const int *versions)
{
    for (int i = 0; i < n_versions; i++) {
        if (versions[i] == 5)
            return 5;
    }
    return -1;
}

int mosquitto_plugin_init(mosquitto_plugin_id_t *identifier, void **userdata,
                          struct mosquitto_opt *options, int n_options)
{
    struct door *door = xcalloc(1, sizeof(*door));
    struct cw_error err = {""};
    door->plugin = identifier;
    door->dir_fd = door->fifo = -1;
    if (open_door(door, options, n_options, &err) != 0) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "carewatch door: %s", err.text);
        free_door(door);
        return MOSQ_ERR_INVAL;
    }
    int rc = mosquitto_callback_register(identifier, MOSQ_EVT_MESSAGE, on_message, NULL, door);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_callback_register(identifier, MOSQ_EVT_TICK, on_tick, NULL, door);
    if (rc != MOSQ_ERR_SUCCESS) {
        mosquitto_log_printf(MOSQ_LOG_ERR, "carewatch door: the broker takes no plugin here");
        free_door(door);
        return rc;
    }
    *userdata = door;
    mosquitto_log_printf(MOSQ_LOG_INFO, "carewatch door: open dir=%s", door->options.dir);
    return MOSQ_ERR_SUCCESS;
}

int mosquitto_plugin_cleanup(void *userdata, struct mosquitto_opt *options, int n_options)
{
    struct door *door = userdata;
    (void)options;
    (void)n_options;
    if (!door)
        return MOSQ_ERR_SUCCESS;
    (void)mosquitto_callback_unregister(door->plugin, MOSQ_EVT_MESSAGE, on_message, NULL);
    (void)mosquitto_callback_unregister(door->plugin, MOSQ_EVT_TICK, on_tick, NULL);
    free_door(door);
    return MOSQ_ERR_SUCCESS;
}
