/*
 * registry_roster.c - a facility's list of what exists there: checked as a whole, then
 * applied as a whole.
 *
 * Checking reads the document without touching the state; applying cannot fail. What the
 * roster says of its own site's kind is not believed, since authority hangs on it. Names and
 * numbers of persons do not belong here: a roster that holds any is refused, and the
 * sentence says why, so that the facility can mend it.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "core/alarm/note.h"
#include "core/fold.h"
#include "core/ingest/document.h"
#include "core/registry/consent.h"
#include "core/registry/registry.h"
#include "core/registry/registry_private.h"
#include "core/registry/roster_persons.h"
#include "core/series/watch.h"

/* One row of "devices" as read. */
struct row {
    struct cw_str device;
    struct device_words words;
    int64_t class_ns; /* 0: none named */
};

static int read_row(const struct cw_doc *doc, const struct cw_node *node, struct row *row,
                    struct cw_error *err)
{
    *row = (struct row){0};
    if (node->type != CW_NODE_OBJECT)
        return err_set(err, -EINVAL, "Each of \"devices\" must be an object.");
    int code = document_id(doc, node, "device", &row->device, err);
    if (code == -ENOENT)
        return err_set(err, -EINVAL, "One of \"devices\" has no member \"device\".");
    if (code || document_id(doc, node, "kind", &row->words.kind, err) == -EINVAL ||
        document_id(doc, node, "bed", &row->words.bed, err) == -EINVAL ||
        document_id(doc, node, "resident", &row->words.resident, err) == -EINVAL ||
        document_id(doc, node, "room", &row->words.room, err) == -EINVAL ||
        document_duration(doc, node, "class", &row->class_ns, err) == -EINVAL)
        return -EINVAL;
    if (row->class_ns != 0 && (row->class_ns < MIN_CLASS_NS || row->class_ns > MAX_CLASS_NS))
        return err_set(err, -EINVAL, "The class of device \"%.*s\" is out of bounds.",
                       (int)row->device.n, row->device.p);
    return 0;
}

/* Every row is valid and names another device. *n_new: devices we do not know yet. */
static int check_devices(const struct fold *fold, const struct site *site,
                         const struct cw_doc *doc, const struct cw_node *devices,
                         uint32_t *n_new, struct cw_error *err)
{
    struct map named;
    map_init(&named);
    int code = 0;
    const struct cw_node *node = NULL;
    while (code == 0 && (node = document_next(doc, devices, node))) {
        struct row row;
        code = read_row(doc, node, &row, err);
        if (code)
            break;
        if (map_put(&named, row.device, &named))
            code = err_set(err, -EINVAL, "The device \"%.*s\" is on the roster twice.",
                           (int)row.device.n, row.device.p);
        *n_new += !registry_device(&fold->registry, str_of(site->id), row.device);
    }
    map_done(&named);
    return code;
}

/* Persons are pseudonyms: an id each, and nothing by which one could be called. */
static int check_persons(const struct cw_doc *doc, const struct cw_node *root, const char *list,
                         const char *id, bool id_required, uint32_t *n_persons,
                         struct cw_error *err)
{
    static const char *const forbidden[] = {"name", "full_name", "phone", "id_number",
                                            "contact"};
    const struct cw_node *persons = document_member(doc, root, list);
    if (!persons)
        return 0;
    if (persons->type != CW_NODE_ARRAY)
        return err_set(err, -EINVAL, "The member \"%s\" must be a list.", list);
    const struct cw_node *person = NULL;
    while ((person = document_next(doc, persons, person))) {
        struct cw_str value;
        if (person->type != CW_NODE_OBJECT)
            return err_set(err, -EINVAL, "Each of \"%s\" must be an object.", list);
        for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
            if (document_member(doc, person, forbidden[i]))
                return err_set(err, -EINVAL,
                               "The roster's \"%s\" hold \"%s\": personal data are set "
                               "through the API only, never pushed.",
                               list, forbidden[i]);
        int code = document_id(doc, person, id, &value, err);
        if (code == -EINVAL)
            return code;
        if (code == -ENOENT && id_required)
            return err_set(err, -EINVAL, "One of \"%s\" has no member \"%s\".", list, id);
        (*n_persons)++;
    }
    return 0;
}

static void hash_add(uint64_t *hash, struct cw_str s)
{
    *hash = hash64(s, *hash + s.n + 1);
}

/* Of everything the document says, whatever its white space. */
static uint64_t roster_hash(const struct cw_doc *doc, const struct device *sender)
{
    uint64_t hash = hash64(str_of(sender ? sender->id : ""), 1);
    for (uint32_t i = 0; i < doc->n_nodes; i++) {
        const struct cw_node *node = &doc->node[i];
        char shape[] = {(char)node->type, (char)node->n_children,
                        (char)(node->n_children >> 8)};
        hash_add(&hash, (struct cw_str){shape, sizeof(shape)});
        hash_add(&hash, node->key);
        if (node->type == CW_NODE_TEXT)
            hash_add(&hash, node->v.text);
        else if (node->type == CW_NODE_BOOL)
            hash_add(&hash, node->v.boolean ? CW_STR("true") : CW_STR("false"));
        else if (node->type == CW_NODE_INT || node->type == CW_NODE_REAL)
            hash_add(&hash, (struct cw_str){(const char *)&node->v.f64, sizeof(double)});
    }
    return hash ? hash : 1;
}

static void declare(struct fold *fold, struct site *site, const struct row *row)
{
    struct device *device = registry_device(&fold->registry, str_of(site->id), row->device);
    bool was_known = device != NULL;
    if (!device)
        device = device_born(fold, site, row->device);
    bool was_declared = device->rostered;
    if (was_known && !was_declared)
        site_surplus(fold, site, -1);
    device->rostered = true;
    device_describe(device, &row->words);
    if (row->words.kind.n)
        device->is_gateway = str_is(row->words.kind, "gateway");
    consent_of_device(fold, site, device);
    int64_t class_ns = row->class_ns;
    if (class_ns == 0)
        class_ns =
            device->class_said ? device->class_ns : fold->rules->settings.default_class_ns;
    bool class_changed = class_ns != device->class_ns;
    device->class_ns = class_ns;
    if (device->retired) {
        device->retired = false;
        device_connect(&fold->registry, device, CONNECTION_UNKNOWN);
    }
    if (!was_declared || class_changed) {
        device->supervised_from_ns = fold->now_ns;
        timer_arm(&fold->timers, &device->timer, TIMER_DEVICE, device->number,
                  fold->now_ns + device->class_ns);
    }
}

static void clear_of_device(struct fold *fold, const struct site *site,
                            const struct device *device, const char *condition)
{
    char subject[MAX_DEVICE_SUBJECT];
    size_t n = device_subject(site, device, subject);
    struct alarm *alarm =
        alarm_open(&fold->alarms, str_of(ruleset_builtin(fold->rules, condition)->name),
                   (struct cw_str){subject, n});
    if (alarm)
        alarm_clear(fold, alarm, str_of(note_text(NOTE_RETIRED)));
}

static void retire(struct fold *fold, struct site *site, struct device *device)
{
    device_connect(&fold->registry, device, CONNECTION_RETIRED);
    device->rostered = false;
    device->retired = true;
    device->lapsed_ns = 0;
    site_surplus(fold, site, 1);
    clear_of_device(fold, site, device, CONDITION_DEVICE_SILENT);
    clear_of_device(fold, site, device, CONDITION_ALIVE_NO_DATA);
}

static void apply(struct fold *fold, struct site *site, const struct cw_doc *doc,
                  const struct cw_node *devices)
{
    /* Who is still marked after the walk is no longer on the roster. */
    for (struct device *it = site->first_device; it; it = it->next_of_site)
        it->unlisted = it->rostered;
    const struct cw_node *node = NULL;
    while ((node = document_next(doc, devices, node))) {
        struct row row;
        if (read_row(doc, node, &row, NULL))
            BUG("a roster was checked and then is not valid");
        declare(fold, site, &row);
        registry_device(&fold->registry, str_of(site->id), row.device)->unlisted = false;
    }
    for (struct device *it = site->first_device; it; it = it->next_of_site)
        if (it->unlisted)
            retire(fold, site, it);
    /* Whose a bed is may stand in another device's row, so all are looked at. */
    for (struct device *it = site->first_device; it; it = it->next_of_site)
        watch_moved(fold, site, it);
    site_survey(site);
    /* The site's own deadline may have moved: its supervisor looks at it at once. */
    timer_arm(&fold->timers, &site->timer, TIMER_SITE, site->number, fold->now_ns);
}

/* "site": its id must be the topic's; its kind is a claim, its place is taken if we have
 * none. */
static enum cw_refusal check_site(const struct site *site, const struct cw_doc *doc,
                                  const struct cw_node *claim, struct cw_error *err)
{
    struct cw_str id = str_of(site->id), kind = {0};
    double lat, lon;
    if (claim->type != CW_NODE_OBJECT) {
        err_set(err, 0, "The member \"site\" must be an object.");
        return CW_REFUSED_EVENT;
    }
    if (document_id(doc, claim, "site", &id, err) == -EINVAL ||
        document_text(doc, claim, "kind", &kind, err) == -EINVAL ||
        read_place(doc, claim, &lat, &lon, err) == -EINVAL)
        return CW_REFUSED_EVENT;
    if (!str_is(id, site->id)) {
        err_set(err, 0, "The roster is of site \"%.*s\", its topic of \"%s\".", (int)id.n, id.p,
                site->id);
        return CW_REFUSED_WRONG_SITE;
    }
    return CW_ACCEPTED;
}

static void apply_site(struct fold *fold, struct site *site, const struct cw_doc *doc,
                       const struct cw_node *claim)
{
    struct cw_str kind = {0}, crs = CW_STR("WGS-84");
    if (document_text(doc, claim, "kind", &kind, NULL) == 0 && !str_is(kind, site->kind_text))
        fold->registry.n_kind_claims++;
    double lat, lon;
    if (!isnan(site->lat) || read_place(doc, claim, &lat, &lon, NULL) != 0)
        return;
    site->lat = lat;
    site->lon = lon;
    (void)document_id(doc, claim, "crs", &crs, NULL);
    (void)str_copy(site->crs, sizeof(site->crs), crs);
}

static bool too_many(const struct fold *fold, uint32_t n_new)
{
    uint64_t n = (uint64_t)map_count(&fold->registry.by_device) + n_new;
    return n > (uint64_t)fold->rules->settings.max_devices;
}

enum cw_refusal registry_roster(struct fold *fold, struct site *site, struct device *sender,
                                const struct cw_doc *doc, struct cw_error *err)
{
    const struct cw_node *root = document_object(doc);
    const struct cw_node *devices = root ? document_member(doc, root, "devices") : NULL;
    if (!devices || devices->type != CW_NODE_ARRAY) {
        err_set(err, 0,
                "A roster is an object with a list \"devices\", empty if there are none.");
        return CW_REFUSED_SHAPE;
    }
    uint64_t hash = roster_hash(doc, sender);
    if (hash == site->roster_hash)
        return CW_ACCEPTED;
    const struct cw_node *claim = document_member(doc, root, "site");
    if (claim) {
        enum cw_refusal refusal = check_site(site, doc, claim, err);
        if (refusal)
            return refusal;
    }
    uint32_t n_new = 0, n_residents = 0, n_staff = 0;
    if (check_persons(doc, root, "residents", "resident", true, &n_residents, err) ||
        check_persons(doc, root, "staff", "staff", false, &n_staff, err) ||
        roster_persons_check(fold, site, doc, err) ||
        check_devices(fold, site, doc, devices, &n_new, err))
        return CW_REFUSED_EVENT;
    if (too_many(fold, n_new)) {
        err_set(err, 0, "The roster's %u new devices are more than limits.devices allows.",
                n_new);
        return CW_REFUSED_LIMIT;
    }
    if (claim)
        apply_site(fold, site, doc, claim);
    if (sender && !*sender->kind)
        sender->is_gateway = true; /* unless its own row says what else it is */
    roster_persons_apply(fold, site, doc);
    apply(fold, site, doc, devices);
    site->n_residents = n_residents;
    site->roster_hash = hash;
    return CW_ACCEPTED;
}
