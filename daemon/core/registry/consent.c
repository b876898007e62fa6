/*
 * consent.c - a resident's consent as a set of bits on each of their devices, so that taking
 * a value in asks for one word.
 */
#include "core/registry/consent.h"

#include <stdio.h>
#include <string.h>

#include "core/fold.h"
#include "core/registry/book_private.h"
#include "core/series/metric.h"
#include "core/series/own_limit.h"

enum consent_kind { CONSENT_VITALS, CONSENT_BED, CONSENT_ROOM, CONSENT_LOCATION, N_CONSENTS };
static const char *const kind_name[N_CONSENTS] = {"vitals", "bed", "room", "location"};

/* Of safety, or of the device itself: whatever was consented to. */
static const char *const always[] = {"call",    "smoke", "gas",        "leak",
                                     "battery", "rssi",  "linkquality"};

static int kind_of(const struct metric *metric)
{
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        if (str_is(metric->name, always[i]))
            return -1;
    if (str_is(metric->name, "lat") || str_is(metric->name, "lon"))
        return CONSENT_LOCATION;
    switch (metric->measurement) {
    case MEASUREMENT_VITALS:
        return CONSENT_VITALS;
    case MEASUREMENT_BED:
        return CONSENT_BED;
    case MEASUREMENT_ROOM:
        return CONSENT_ROOM;
    default:
        return -1;
    }
}

/* 1 given, 0 refused, -1 not said; `json` is an object of flags without spaces. */
static int said(struct cw_str json, const char *kind)
{
    char wanted[32];
    int n = snprintf(wanted, sizeof(wanted), "\"%s\":", kind);
    const char *at = json.n ? memmem(json.p, json.n, wanted, (size_t)n) : NULL;
    return at ? at[n] == 't' : -1;
}

static uint32_t withheld_of(const struct site *site, const struct entry *resident)
{
    struct cw_str consent = resident ? entry_json_of(resident, "consent") : CW_STR("");
    uint32_t withheld = 0;
    if (consent.n == 0)
        return 0;
    for (int i = 0; i < N_CONSENTS; i++) {
        int answer = said(consent, kind_name[i]);
        if (answer == 0 || (answer < 0 && site->kind == SITE_HOME))
            withheld |= 1u << i;
    }
    return withheld;
}

static const struct entry *record_of(const struct fold *fold, const struct site *site,
                                     struct cw_str resident)
{
    return resident.n
               ? book_find_of_site(fold->book, &kind_residents, str_of(site->id), resident)
               : NULL;
}

uint32_t consent_withheld(const struct fold *fold, const struct site *site,
                          struct cw_str resident)
{
    return withheld_of(site, record_of(fold, site, resident));
}

void consent_of_device(struct fold *fold, struct site *site, struct device *device)
{
    uint32_t before = device->withheld;
    const struct entry *resident = record_of(fold, site, str_of(device->resident));
    device->withheld = withheld_of(site, resident);
    own_scale_note(fold, device, resident);
    site->n_withheld += (uint32_t)(device->withheld != 0) - (uint32_t)(before != 0);
}

void consent_of_resident(struct fold *fold, const struct entry *resident)
{
    struct site *site = registry_site(&fold->registry, entry_site(resident));
    if (!site)
        return;
    for (struct device *it = site->first_device; it; it = it->next_of_site)
        if (str_is(entry_own_id(resident), it->resident))
            consent_of_device(fold, site, it);
}

void consent_load(struct fold *fold)
{
    for (uint32_t i = 0; i < fold->book->n_entries; i++) {
        const struct entry *entry = fold->book->entry[i];
        if (entry && entry->kind == &kind_residents)
            consent_of_resident(fold, entry);
    }
}

uint32_t consent_kinds(const struct metric *metric)
{
    int kind = kind_of(metric);
    return kind < 0 ? 0 : 1u << kind;
}

const char *consent_kind_name(uint32_t kinds)
{
    for (int i = 0; i < N_CONSENTS; i++)
        if (kinds & (1u << i))
            return kind_name[i];
    return NULL;
}

const char *consent_withholds(const struct device *device, const struct metric *metric)
{
    return device->withheld ? consent_kind_name(device->withheld & consent_kinds(metric))
                            : NULL;
}

void book_changed(struct fold *fold, struct entry *entry)
{
    if (fold->book->changed)
        fold->book->changed(fold, entry);
    if (entry->kind == &kind_residents)
        consent_of_resident(fold, entry);
}
