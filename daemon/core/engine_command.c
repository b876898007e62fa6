/*
 * engine_command.c - what people tell the daemon: records whose topic is the command's name
 * and whose payload is an object with `by` and what the command needs.
 *
 *   ack unack escalate assign arrive handover shelve unshelve close note   of one alarm
 *   open                    an alarm that somebody telephoned
 *   external                alerts that another program pushed
 *   silence, expire         of what matches, for a time
 *   maintain, maintained    a device or a site, for a time
 *   override                somebody else is on duty
 *   limit, unlimit          what holds for one resident instead of a rule's limits
 *   forget                  a resident is erased: what persons wrote of this one goes
 *
 * `key` is the idempotency key: the same one again is answered as before and does nothing.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/str.h"
#include "base/units.h"
#include "core/alarm/alarm_order.h"
#include "core/engine_private.h"
#include "core/ingest/document.h"
#include "core/oversight/ledger.h"
#include "core/oversight/partner_feed.h"

/* A command on its way: the document, and where its outcome goes. */
struct told {
    struct engine *engine;
    const struct cw_doc *doc;
    const struct cw_node *root;
    struct cw_str name, by, note;
    const struct alarm *alarm; /* what it was about */
};

/* ---- members ---- */

static int text_of(const struct told *told, const char *key, struct cw_str *value)
{
    int ret = document_text(told->doc, told->root, key, value, &told->engine->err);
    return ret == -ENOENT ? 0 : ret;
}

static int time_of(const struct told *told, const char *key, int64_t *ns)
{
    int ret = document_time(told->doc, told->root, key, ns, &told->engine->err);
    return ret == -ENOENT ? 0 : ret;
}

static int bool_of(const struct told *told, const char *key, bool *value)
{
    int ret = document_bool(told->doc, told->root, key, value, &told->engine->err);
    return ret == -ENOENT ? 0 : ret;
}

/* "until", or "for" from now on. */
static int end_of(const struct told *told, int64_t *until_ns)
{
    int64_t for_ns = 0;
    int ret = document_duration(told->doc, told->root, "for", &for_ns, &told->engine->err);
    if (ret == 0)
        *until_ns = told->engine->fold.now_ns + for_ns;
    return ret == -EINVAL ? ret : time_of(told, "until", until_ns);
}

static int id_of(const struct told *told, const char *key, struct cw_str *value)
{
    int ret = document_id(told->doc, told->root, key, value, &told->engine->err);
    if (ret == -ENOENT)
        return err_set(&told->engine->err, -EINVAL, "\"%s\" is missing.", key);
    return ret;
}

/* ---- of one alarm ---- */

static int run_order(struct told *told)
{
    struct alarm_order order = {.by = told->by, .note = told->note};
    int64_t rev = 0;
    int ret = document_text(told->doc, told->root, "alarm", &order.alarm, &told->engine->err);
    if (ret)
        return err_set(&told->engine->err, -EINVAL, "The command needs \"alarm\" and \"by\".");
    if (document_int(told->doc, told->root, "rev", &rev, &told->engine->err) == -EINVAL)
        return -EINVAL;
    if (rev < 0 || rev > UINT32_MAX)
        return err_set(&told->engine->err, -EINVAL, "There is no revision %lld.",
                       (long long)rev);
    order.rev = (uint32_t)rev;
    if (text_of(told, "assignee", &order.assignee) || text_of(told, "to", &order.to) ||
        text_of(told, "answerer", &order.answerer) || text_of(told, "cause", &order.cause) ||
        end_of(told, &order.until_ns))
        return -EINVAL;
    return alarm_order(&told->engine->fold, told->name, &order, &told->alarm,
                       &told->engine->err);
}

/* ---- an alarm by hand ---- */

static uint32_t priority_of(struct cw_str name)
{
    for (uint32_t p = CW_PRIORITY_HIGH; p <= CW_PRIORITY_LOW; p++) {
        if (str_is(name, priority_name(p)))
            return p;
    }
    return 0;
}

/* One of a resident, a bed or a device joins the one that is open; another is by itself. */
static struct cw_str subject_by_hand(const struct alarm_desc *desc, int64_t now_ns,
                                     char room[MAX_ALARM_SUBJECT])
{
    struct cw_str who = desc->resident.n ? desc->resident
                        : desc->bed.n    ? desc->bed
                                         : desc->device;
    int n = snprintf(room, MAX_ALARM_SUBJECT, "%.*s/hand:%.*s", (int)desc->site.n, desc->site.p,
                     (int)who.n, who.p);
    if (who.n == 0)
        n = snprintf(room, MAX_ALARM_SUBJECT, "%.*s/hand:%lld", (int)desc->site.n, desc->site.p,
                     (long long)(now_ns / NS_PER_MS));
    return (struct cw_str){room, (size_t)n};
}

static int optional_id(const struct told *told, const char *key, struct cw_str *value)
{
    int ret = document_id(told->doc, told->root, key, value, &told->engine->err);
    return ret == -ENOENT ? 0 : ret;
}

static int texts_of(const struct told *told, struct alarm_desc *desc)
{
    const struct cw_node *text = document_member(told->doc, told->root, "text");
    if (text && text->type == CW_NODE_TEXT) {
        desc->text_zh = desc->text_en = text->v.text;
    } else if (text && text->type == CW_NODE_OBJECT) {
        (void)document_text(told->doc, text, "zh", &desc->text_zh, NULL);
        (void)document_text(told->doc, text, "en", &desc->text_en, NULL);
        if (desc->text_zh.n == 0)
            desc->text_zh = desc->text_en;
        if (desc->text_en.n == 0)
            desc->text_en = desc->text_zh;
    } else if (text) {
        return err_set(&told->engine->err, -EINVAL, "\"text\" is a text, or {\"zh\",\"en\"}.");
    }
    return 0;
}

static int run_open(struct told *told)
{
    struct fold *fold = &told->engine->fold;
    struct cw_str priority = CW_STR("high");
    char room[MAX_ALARM_SUBJECT];
    struct alarm_desc desc = {.rule = ruleset_builtin(fold->rules, CONDITION_BY_HAND),
                              .value = (double)NAN,
                              .limit = (double)NAN,
                              .count_repeats = true,
                              .note = told->note,
                              .by = told->by};
    if (id_of(told, "site", &desc.site) || optional_id(told, "resident", &desc.resident) ||
        optional_id(told, "bed", &desc.bed) || optional_id(told, "device", &desc.device) ||
        optional_id(told, "kind", &desc.kind) || text_of(told, "priority", &priority) ||
        bool_of(told, "drill", &desc.drill) || texts_of(told, &desc))
        return -EINVAL;
    const struct site *site = registry_site(&fold->registry, desc.site);
    if (!site)
        return err_set(&told->engine->err, -ENOENT, "There is no site \"%.*s\".",
                       (int)desc.site.n, desc.site.p);
    desc.priority = priority_of(priority);
    if (desc.priority == 0)
        return err_set(&told->engine->err, -EINVAL, "\"priority\" is high, medium or low.");
    desc.site = str_of(site->id);
    desc.district = str_of(site->district);
    desc.vital = str_is(desc.kind, "call");
    desc.subject = subject_by_hand(&desc, fold->now_ns, room);
    told->alarm = alarm_raise(fold, &desc);
    return 0;
}

/* ---- alerts of other programs ---- */

/* One of them: {"subject","active","kind","priority","site","device","text"}. A site that is
 * not ours leaves the alarm without one. */
static int run_alert(struct told *told, const struct cw_node *node)
{
    struct fold *fold = &told->engine->fold;
    struct cw_error *err = &told->engine->err;
    struct cw_str priority = CW_STR(""), site_id = CW_STR(""), text = CW_STR("");
    bool active = false;
    struct alarm_desc desc = {.rule = ruleset_builtin(fold->rules, CONDITION_EXTERNAL),
                              .value = (double)NAN,
                              .limit = (double)NAN,
                              .by = told->by};
    if (node->type != CW_NODE_OBJECT ||
        document_text(told->doc, node, "subject", &desc.subject, err) ||
        desc.subject.n >= MAX_ALARM_SUBJECT || !str_starts(desc.subject, "external:") ||
        document_bool(told->doc, node, "active", &active, err))
        return err_set(err, -EINVAL, "An alert has a \"subject\" and is \"active\" or not.");
    if (!active) {
        alarm_clear_key(fold, desc.rule, desc.subject);
        return 0;
    }
    (void)document_id(told->doc, node, "kind", &desc.kind, NULL);
    (void)document_id(told->doc, node, "device", &desc.device, NULL);
    (void)document_id(told->doc, node, "site", &site_id, NULL);
    (void)document_text(told->doc, node, "priority", &priority, NULL);
    (void)document_text(told->doc, node, "text", &text, NULL);
    const struct site *site = registry_site(&fold->registry, site_id);
    desc.site = site ? str_of(site->id) : CW_STR("");
    desc.district = site ? str_of(site->district) : CW_STR("");
    desc.priority = priority_of(priority);
    desc.text_zh = desc.text_en = text;
    told->alarm = alarm_raise(fold, &desc);
    return 0;
}

static int run_external(struct told *told)
{
    const struct cw_node *list = document_member(told->doc, told->root, "alerts");
    int ret = 0;
    if (!list || list->type != CW_NODE_ARRAY)
        return err_set(&told->engine->err, -EINVAL, "\"alerts\" is a list.");
    for (const struct cw_node *node = NULL;
         ret == 0 && (node = document_next(told->doc, list, node));)
        ret = run_alert(told, node);
    return ret;
}

/* ---- silences ---- */

static int read_matcher(const struct told *told, const struct cw_node *node,
                        struct silence *silence)
{
    struct cw_error *err = &told->engine->err;
    struct cw_str name = CW_STR(""), value = CW_STR("");
    struct matcher *matcher = &silence->matcher[silence->n_matchers];
    matcher->is_equal = true;
    if (silence->n_matchers == MAX_MATCHERS)
        return err_set(err, -EINVAL, "A silence has at most %u matchers.", MAX_MATCHERS);
    if (node->type != CW_NODE_OBJECT || document_text(told->doc, node, "name", &name, err) ||
        document_text(told->doc, node, "value", &value, err) ||
        document_bool(told->doc, node, "isRegex", &matcher->is_pattern, err) == -EINVAL ||
        document_bool(told->doc, node, "isEqual", &matcher->is_equal, err) == -EINVAL ||
        !str_copy(matcher->name, sizeof(matcher->name), name) ||
        !str_copy(matcher->value, sizeof(matcher->value), value))
        return err_set(err, -EINVAL,
                       "A matcher is {\"name\",\"value\",\"isRegex\",\"isEqual\"} of short "
                       "texts.");
    silence->n_matchers++;
    return 0;
}

static int run_silence(struct told *told)
{
    struct silence silence = {.from_ns = told->engine->fold.now_ns};
    struct cw_str id;
    const struct cw_node *list = document_member(told->doc, told->root, "matchers");
    if (id_of(told, "id", &id) || time_of(told, "from", &silence.from_ns) ||
        end_of(told, &silence.until_ns))
        return -EINVAL;
    if (!list || list->type != CW_NODE_ARRAY)
        return err_set(&told->engine->err, -EINVAL, "\"matchers\" is a list.");
    (void)str_copy(silence.id, sizeof(silence.id), id);
    (void)str_copy(silence.by, sizeof(silence.by), told->by);
    (void)str_copy(silence.comment, sizeof(silence.comment),
                   (struct cw_str){told->note.p, utf8_cut(told->note, MAX_COMMENT)});
    for (const struct cw_node *node = NULL; (node = document_next(told->doc, list, node));) {
        int ret = read_matcher(told, node, &silence);
        if (ret)
            return ret;
    }
    return quiet_add_silence(&told->engine->fold, &silence, &told->engine->err);
}

static int run_expire(struct told *told)
{
    struct cw_str id;
    int ret = id_of(told, "id", &id);
    return ret ? ret : quiet_expire(&told->engine->fold, id, &told->engine->err);
}

/* ---- maintenance ---- */

static int run_maintain(struct told *told)
{
    struct fold *fold = &told->engine->fold;
    struct cw_str site, device = CW_STR("");
    int64_t until_ns = 0;
    if (id_of(told, "site", &site) || optional_id(told, "device", &device) ||
        end_of(told, &until_ns))
        return -EINVAL;
    if (!registry_site(&fold->registry, site))
        return err_set(&told->engine->err, -ENOENT, "There is no site \"%.*s\".", (int)site.n,
                       site.p);
    return quiet_maintain(fold, site, device, until_ns, told->by, &told->engine->err);
}

/* By its id, or by whose it is. */
static int run_maintained(struct told *told)
{
    struct fold *fold = &told->engine->fold;
    struct cw_str id = CW_STR(""), site, device = CW_STR("");
    if (optional_id(told, "id", &id))
        return -EINVAL;
    if (id.n)
        return quiet_maintained_id(fold, id, &told->engine->err);
    if (id_of(told, "site", &site) || optional_id(told, "device", &device))
        return -EINVAL;
    const struct window *window = quiet_window(fold, site, device);
    return quiet_maintained_id(fold, str_of(window ? window->id : "-"), &told->engine->err);
}

/* ---- duty ---- */

static int run_override(struct told *told)
{
    struct cw_str roster, person = CW_STR("");
    int64_t from_ns = 0, until_ns = 0;
    if (id_of(told, "roster", &roster) || text_of(told, "person", &person) ||
        time_of(told, "from", &from_ns) || end_of(told, &until_ns))
        return -EINVAL;
    return duty_override(&told->engine->fold, roster, person, from_ns, until_ns,
                         &told->engine->err);
}

/* ---- limits of a resident ---- */

static int whose_limit(const struct told *told, struct cw_str *site, struct cw_str *resident)
{
    return id_of(told, "site", site) || id_of(told, "resident", resident) ? -EINVAL : 0;
}

static int real_of(const struct told *told, const char *key, double *value)
{
    int ret = document_real(told->doc, told->root, key, value, &told->engine->err);
    return ret == -ENOENT ? 0 : ret;
}

static int run_limit(struct told *told)
{
    struct own_limit limit = {.low = (double)NAN, .high = (double)NAN};
    struct cw_str site, resident, metric;
    int64_t scale = 0;
    if (whose_limit(told, &site, &resident) || id_of(told, "metric", &metric) ||
        real_of(told, "low", &limit.low) || real_of(told, "high", &limit.high) ||
        end_of(told, &limit.until_ns))
        return -EINVAL;
    int ret = document_int(told->doc, told->root, "spo2_scale", &scale, &told->engine->err);
    if (ret == -EINVAL || scale < 0 || scale > 2)
        return err_set(&told->engine->err, -EINVAL, "\"spo2_scale\" is 1 or 2.");
    limit.spo2_scale = (uint32_t)scale;
    struct cw_str why = {told->note.p, utf8_cut(told->note, MAX_WHY)};
    (void)str_copy(limit.site, sizeof(limit.site), site);
    (void)str_copy(limit.resident, sizeof(limit.resident), resident);
    (void)str_copy(limit.metric, sizeof(limit.metric), metric);
    (void)str_copy(limit.by, sizeof(limit.by), told->by);
    (void)str_copy(limit.why, sizeof(limit.why), why);
    return own_limit_set(&told->engine->fold, &limit, &told->engine->err);
}

static int run_unlimit(struct told *told)
{
    struct cw_str site, resident, metric;
    if (whose_limit(told, &site, &resident) || id_of(told, "metric", &metric))
        return -EINVAL;
    return own_limit_drop(&told->engine->fold, site, resident, metric, &told->engine->err);
}

/* ---- somebody is erased ---- */

static void forget_each(struct told *told, const char *list,
                        void (*forget)(struct fold *fold, struct cw_str id))
{
    const struct cw_node *all = document_member(told->doc, told->root, list);
    for (const struct cw_node *node = NULL;
         all && all->type == CW_NODE_ARRAY && (node = document_next(told->doc, all, node));) {
        if (node->type == CW_NODE_TEXT)
            forget(&told->engine->fold, node->v.text);
    }
}

static void forget_comment(struct fold *fold, struct cw_str id)
{
    quiet_forget_comment(&fold->quiet, id);
}

/* {"kind","id","rev","field","value"}: the text without the words. Of another revision it may
 * be another text, which then comes by a command of its own. */
static void forget_entry(struct told *told, const struct cw_node *node)
{
    struct cw_str kind, id, field, value;
    char name[MAX_ID + 1];
    int64_t rev = 0;
    struct cw_error *err = &told->engine->err;
    if (document_text(told->doc, node, "kind", &kind, err) ||
        document_text(told->doc, node, "id", &id, err) ||
        document_text(told->doc, node, "field", &field, err) ||
        document_text(told->doc, node, "value", &value, err) ||
        document_int(told->doc, node, "rev", &rev, err) || !str_copy(name, sizeof(name), field))
        return;
    const struct entry_kind *of = entry_kind_of(kind);
    struct entry *entry = of ? book_find(told->engine->fold.book, of, id) : NULL;
    int at = of ? field_index(of, name) : -1;
    if (entry && at >= 0 && entry->rev == rev && entry->value[at])
        book_mask(entry, at, value);
}

/* The journal is redacted by then: what persons wrote lives on in the fold alone. */
static int run_forget(struct told *told)
{
    struct fold *fold = &told->engine->fold;
    struct cw_str site, resident;
    const struct cw_node *all = document_member(told->doc, told->root, "entries");
    if (whose_limit(told, &site, &resident))
        return -EINVAL;
    own_limits_forget(fold, site, resident);
    alarm_forget_words(fold, site, resident);
    forget_each(told, "silences", forget_comment);
    forget_each(told, "alarms", alarm_forget_text);
    forget_each(told, "limits", own_limit_forget_why);
    for (const struct cw_node *node = NULL;
         all && all->type == CW_NODE_ARRAY && (node = document_next(told->doc, all, node));)
        forget_entry(told, node);
    return 0;
}

/* ---- any command ---- */

static const struct {
    const char *name;
    int (*run)(struct told *told);
} commands[] = {
    {"open", run_open},         {"external", run_external}, {"silence", run_silence},
    {"expire", run_expire},     {"maintain", run_maintain}, {"maintained", run_maintained},
    {"override", run_override}, {"limit", run_limit},       {"unlimit", run_unlimit},
    {"forget", run_forget},
};

static int run(struct told *told)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (str_is(told->name, commands[i].name))
            return commands[i].run(told);
    }
    if (alarm_order_exists(told->name))
        return run_order(told);
    return err_set(&told->engine->err, -ENOSYS, "There is no command \"%.*s\".",
                   (int)utf8_cut(told->name, 80), told->name.p);
}

/* Who, why, and the key; 0 or -EINVAL. */
static int read_head(struct told *told, uint64_t *key)
{
    int64_t number = 0;
    told->root = document_object(told->doc);
    if (!told->root || text_of(told, "by", &told->by) || told->by.n == 0)
        return err_set(&told->engine->err, -EINVAL, "A command says \"by\" whom it is.");
    if (text_of(told, "reason", &told->note) || text_of(told, "note", &told->note))
        return -EINVAL;
    if (document_int(told->doc, told->root, "key", &number, &told->engine->err) == -EINVAL)
        return -EINVAL;
    *key = (uint64_t)number;
    return 0;
}

/* One that a person says of a case; a key that comes again does nothing. */
static bool case_record(struct engine *engine, const struct record *record)
{
    struct cw_doc doc;
    int64_t key = 0;
    int code = -EINVAL;
    if (!ledger_command_exists(record->topic))
        return false;
    engine->err.text[0] = '\0';
    if (decode_document(engine, record->payload, &doc) == CW_ACCEPTED) {
        const struct cw_node *root = document_object(&doc);
        if (root)
            (void)document_int(&doc, root, "key", &key, NULL);
        const struct done_command *before = done_find(&engine->done, (uint64_t)key);
        code = before ? before->code
                      : ledger_command(&engine->fold, record->topic, &doc, &engine->err);
        if (code == 0 && !before)
            done_add(&engine->done, (uint64_t)key, code, "");
    }
    engine_answer(engine, code, NULL);
    return true;
}

/* "credit.propose" and so on. */
static bool credit_record(struct engine *engine, const struct record *record)
{
    struct cw_doc doc;
    struct cw_str rest = record->topic, room = CW_STR("");
    char verb[MAX_ID + 1];
    (void)str_split(&rest, '.', &room);
    if (!str_is(room, "credit") || !str_copy(verb, sizeof(verb), rest))
        return false;
    int code = -EINVAL;
    if (decode_document(engine, record->payload, &doc) == CW_ACCEPTED)
        code = credit_command(&engine->fold, verb, &doc, &engine->err);
    engine_answer(engine, code, NULL);
    return true;
}

/* "feed.received": lines of another department's feed. */
static bool feed_record(struct engine *engine, const struct record *record)
{
    struct cw_doc doc;
    int code = -EINVAL;
    if (!str_is(record->topic, "feed.received"))
        return false;
    if (decode_document(engine, record->payload, &doc) == CW_ACCEPTED)
        code = feed_command(&engine->fold, &doc, &engine->err);
    engine_answer(engine, code, NULL);
    return true;
}

void engine_command(struct engine *engine, const struct record *record)
{
    struct cw_doc doc;
    struct told told = {.engine = engine, .doc = &doc, .name = record->topic};
    uint64_t key = 0;
    engine->fold.counters.n_commands++;
    if (case_record(engine, record) || credit_record(engine, record) ||
        feed_record(engine, record))
        return;
    engine->err.text[0] = '\0';
    int code =
        decode_document(engine, record->payload, &doc) ? -EINVAL : read_head(&told, &key);
    const struct done_command *before = code == 0 ? done_find(&engine->done, key) : NULL;
    if (before) {
        engine_answer(engine, before->code,
                      before->alarm[0] ? alarm_find(&engine->fold.alarms, str_of(before->alarm))
                                       : NULL);
        return;
    }
    if (code == 0)
        code = run(&told);
    if (code == 0)
        done_add(&engine->done, key, code, told.alarm ? told.alarm->id : "");
    engine_answer(engine, code, told.alarm);
}
