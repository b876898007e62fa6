/*
 * registry_state.c - the registry in a snapshot.
 *
 * Sites go by number, their devices in order of birth with their numbers, then the free
 * numbers: so what is born after loading gets the number it would have got. A timer is kept
 * as its due time and armed again; counts that follow from devices are counted again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/fold.h"
#include "core/registry/registry.h"
#include "core/registry/registry_private.h"
#include "core/view/snapshot.h"

#define MIN_SITE_BYTES 64u
#define MIN_DEVICE_BYTES 64u

static void save_text(struct saver *saver, const char *text)
{
    save_str(saver, str_of(text));
}

static void save_device(const struct device *device, struct saver *saver)
{
    save_u32(saver, device->number);
    save_text(saver, device->id);
    save_text(saver, device->kind);
    save_text(saver, device->bed);
    save_text(saver, device->resident);
    save_text(saver, device->room);
    save_u8(saver, device->rostered);
    save_u8(saver, device->retired);
    save_u8(saver, device->is_gateway);
    save_u8(saver, device->online_said);
    save_u8(saver, device->class_said);
    save_u8(saver, device->goodbye);
    save_u32(saver, device->connection);
    save_i64(saver, device->class_ns);
    save_i64(saver, device->heard_ns);
    save_i64(saver, device->data_ns);
    save_i64(saver, device->lapsed_ns);
    save_i64(saver, device->supervised_from_ns);
    save_i64(saver, device->skew_ns);
    save_i64(saver, device->last_seq);
    save_i64(saver, device->timer.armed_ns);
}

static void save_site(const struct site *site, struct saver *saver)
{
    save_text(saver, site->id);
    save_text(saver, site->kind_text);
    save_text(saver, site->district);
    save_text(saver, site->name);
    save_text(saver, site->crs);
    save_f64(saver, site->lat);
    save_f64(saver, site->lon);
    save_u32(saver, site->connection);
    save_u8(saver, site->by_record);
    save_u32(saver, site->outage);
    save_i64(saver, site->heard_ns);
    save_i64(saver, site->field_ns);
    save_i64(saver, site->data_ns);
    save_i64(saver, site->supervised_from_ns);
    save_u64(saver, site->roster_hash);
    save_u32(saver, site->n_residents);
    save_u32(saver, site->n_lapses);
    save_i64(saver, site->gateway_confirm_ns);
    save_i64(saver, site->gateway_quiet_ns);
    save_i64(saver, site->timer.armed_ns);
    uint32_t n = 0;
    for (const struct device *it = site->first_device; it; it = it->next_of_site)
        n++;
    save_u32(saver, n);
    for (const struct device *it = site->first_device; it; it = it->next_of_site)
        save_device(it, saver);
}

void registry_save(const struct registry *registry, struct saver *saver)
{
    save_u8(saver, registry->deaf);
    save_u64(saver, registry->n_kind_claims);
    save_u64(saver, registry->n_forgotten);
    save_u32(saver, map_count(&registry->unknown));
    struct cw_str id;
    for (uint32_t i = 0; map_next(&registry->unknown, &i, &id);)
        save_str(saver, id);
    save_u32(saver, registry->n_devices);
    save_u32(saver, registry->n_free);
    for (uint32_t i = 0; i < registry->n_free; i++)
        save_u32(saver, registry->free_number[i]);
    save_u32(saver, registry->n_sites);
    for (uint32_t i = 0; i < registry->n_sites; i++)
        save_site(registry->site[i], saver);
}

/* ---- loading: the file passed its CRC, but its numbers are still checked ---- */

static void load_id(struct loader *loader, char dst[MAX_ID + 1])
{
    load_field(loader, dst, MAX_ID + 1);
}

/* A NUL-terminated id that may be a key. */
static bool id_loaded(struct loader *loader, const char *id)
{
    if (!loader->failed && !id_valid(str_of(id)))
        loader->failed = true;
    return !loader->failed;
}

/* An id or another word of a device; "" when it is too long, which fails. */
static struct cw_str load_word(struct loader *loader)
{
    struct cw_str word = load_str(loader);
    if (word.n <= MAX_ID && !memchr(word.p, '\0', word.n))
        return word;
    loader->failed = true;
    return CW_STR("");
}

static struct device *load_new_device(struct loader *loader)
{
    uint32_t number = load_u32(loader);
    struct device *device = device_new(load_word(loader));
    struct device_words words = {.kind = load_word(loader)};
    words.bed = load_word(loader);
    words.resident = load_word(loader);
    if (loader->version >= 2)
        words.room = load_word(loader);
    device->number = number;
    device_describe(device, &words);
    device->rostered = load_u8(loader);
    device->retired = load_u8(loader);
    device->is_gateway = load_u8(loader);
    device->online_said = load_u8(loader);
    device->class_said = load_u8(loader);
    device->goodbye = load_u8(loader);
    device->connection = load_u32(loader);
    device->class_ns = load_i64(loader);
    device->heard_ns = load_i64(loader);
    device->data_ns = load_i64(loader);
    device->lapsed_ns = load_i64(loader);
    device->supervised_from_ns = load_i64(loader);
    device->skew_ns = load_i64(loader);
    device->last_seq = load_i64(loader);
    return device;
}

static void load_timer(struct fold *fold, struct loader *loader, struct timer *timer,
                       enum timer_kind kind, uint64_t owner)
{
    int64_t armed_ns = load_i64(loader);
    if (!loader->failed && armed_ns != 0)
        timer_arm(&fold->timers, timer, kind, owner, armed_ns);
}

static void load_device(struct fold *fold, struct site *site, struct loader *loader)
{
    struct registry *registry = &fold->registry;
    struct device *device = load_new_device(loader);
    if (!id_loaded(loader, device->id) || device->number >= registry->n_devices ||
        registry->device[device->number] ||
        registry_device(registry, str_of(site->id), str_of(device->id))) {
        loader->failed = true;
        device_free(device);
        return;
    }
    device_link(registry, site, device);
    load_timer(fold, loader, &device->timer, TIMER_DEVICE, device->number);
    if (!device->rostered)
        site_surplus(fold, site, 1);
}

static void load_site_fields(struct site *site, struct loader *loader)
{
    load_id(loader, site->kind_text);
    load_id(loader, site->district);
    struct cw_str name = load_str(loader);
    if (name.n)
        site->name = xstrndup(name.p, name.n);
    load_field(loader, site->crs, sizeof(site->crs));
    site->lat = load_f64(loader);
    site->lon = load_f64(loader);
    site->kind = site_kind_of(str_of(site->kind_text));
    site->connection = load_u32(loader);
    site->by_record = load_u8(loader);
    site->outage = load_u32(loader);
    site->heard_ns = load_i64(loader);
    site->field_ns = load_i64(loader);
    site->data_ns = load_i64(loader);
    site->supervised_from_ns = load_i64(loader);
    site->roster_hash = load_u64(loader);
    site->n_residents = load_u32(loader);
    site->n_lapses = load_u32(loader);
    site->gateway_confirm_ns = load_i64(loader);
    site->gateway_quiet_ns = load_i64(loader);
}

static void load_site(struct fold *fold, struct loader *loader)
{
    char id[MAX_ID + 1];
    load_id(loader, id);
    if (!id_loaded(loader, id) || registry_site(&fold->registry, str_of(id))) {
        loader->failed = true;
        return;
    }
    struct site *site = site_new(&fold->registry, str_of(id));
    load_site_fields(site, loader);
    if (!site->kind)
        loader->failed = true;
    load_timer(fold, loader, &site->timer, TIMER_SITE, site->number);
    uint32_t n = load_count(loader, MIN_DEVICE_BYTES);
    for (uint32_t i = 0; i < n && !loader->failed; i++)
        load_device(fold, site, loader);
    site_survey(site);
}

static void load_numbers(struct registry *registry, struct loader *loader)
{
    registry->n_devices = load_count(loader, 1);
    registry->device = xcalloc(registry->n_devices + 1, sizeof(struct device *));
    registry->n_free = load_count(loader, sizeof(uint32_t));
    registry->free_number = xcalloc(registry->n_free + 1, sizeof(uint32_t));
    for (uint32_t i = 0; i < registry->n_free; i++)
        registry->free_number[i] = load_u32(loader);
}

/* Every free number must be free, and every other taken. */
static bool numbers_agree(const struct registry *registry)
{
    uint32_t n_taken = 0;
    for (uint32_t i = 0; i < registry->n_devices; i++)
        n_taken += registry->device[i] != NULL;
    for (uint32_t i = 0; i < registry->n_free; i++)
        if (registry->free_number[i] >= registry->n_devices ||
            registry->device[registry->free_number[i]])
            return false;
    return n_taken + registry->n_free == registry->n_devices;
}

void registry_load(struct fold *fold, struct loader *loader)
{
    struct registry *registry = &fold->registry;
    registry->deaf = load_u8(loader);
    registry->n_kind_claims = load_u64(loader);
    registry->n_forgotten = load_u64(loader);
    uint32_t n_unknown = load_count(loader, sizeof(uint32_t));
    for (uint32_t i = 0; i < n_unknown && !loader->failed; i++)
        map_put(&registry->unknown, load_str(loader), registry);
    load_numbers(registry, loader);
    uint32_t n_sites = load_count(loader, MIN_SITE_BYTES);
    for (uint32_t i = 0; i < n_sites && !loader->failed; i++)
        load_site(fold, loader);
    if (!loader->failed && !numbers_agree(registry))
        loader->failed = true;
}
