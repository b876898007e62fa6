/*
 * bureau_registry.c - what the bureau has registered: areas, organisations with their codes,
 * sites of every kind with operators, hours, prices, certificates, beds, staff, residents as
 * pseudonyms, tenancies. A stage is a row: how many, and the record of one.
 */
#include <stdio.h>

#include "base/civil.h"
#include "base/str.h"
#include "base/uscc.h"
#include "core/sim/bureau_private.h"

#define N_BEDS 20u     /* of an institution; the city's devices are at the first dozen */
#define N_OCCUPIED 12u /* residents that are registered */
#define N_STAFF 4u
#define N_TENANTS 9u /* of a base */
#define N_WORKERS 5u
#define N_AUTHORITIES 4u
#define RECORDS_PER_MS 64u

/* ---- ids and places ---- */

void institution_id(uint32_t i, char dst[MAX_SIM_ID])
{
    (void)snprintf(dst, MAX_SIM_ID, "inst-%03u", 5 * i + 1);
}

uint32_t station_city_number(uint32_t i)
{
    return 5 * i + 3;
}

void station_id(uint32_t i, char dst[MAX_SIM_ID])
{
    (void)snprintf(dst, MAX_SIM_ID, "station-%03u", station_city_number(i) + 1);
}

static uint32_t home_number(uint32_t i)
{
    static const uint32_t at[] = {1, 2, 4};
    return i / 3 * 5 + at[i % 3];
}

void home_id(uint32_t i, char dst[MAX_SIM_ID])
{
    (void)snprintf(dst, MAX_SIM_ID, "home-%03u", home_number(i) + 1);
}

void base_id(uint32_t i, char dst[MAX_SIM_ID])
{
    (void)snprintf(dst, MAX_SIM_ID, "base-%03u", i + 1);
}

void org_id(uint32_t i, char dst[MAX_SIM_ID])
{
    (void)snprintf(dst, MAX_SIM_ID, "org-%05u", i + 1);
}

uint32_t institution_org(const struct bureau *bureau, uint32_t i)
{
    return i % bureau->options.n_organisations;
}

uint32_t station_org(const struct bureau *bureau, uint32_t i)
{
    return (bureau->options.n_institutions + i) % bureau->options.n_organisations;
}

void bureau_place(const struct bureau *bureau, uint32_t number, int64_t *lat_e6,
                  int64_t *lon_e6)
{
    struct draw_key key = bureau_key(bureau, DRAW_PLACE, number);
    *lat_e6 = 30660000 + draw_between(key, 0, -120000, 120000);
    *lon_e6 = 104063000 + draw_between(key, 1, -140000, 140000);
}

void recipient_place(const struct bureau *bureau, uint32_t station, uint32_t recipient,
                     int64_t *lat_e6, int64_t *lon_e6)
{
    struct draw_key key = bureau_key(bureau, DRAW_REGISTRY, station);
    bureau_place(bureau, station_city_number(station), lat_e6, lon_e6);
    *lat_e6 += draw_between(key, 100 + 2 * recipient, -12000, 12000);
    *lon_e6 += draw_between(key, 101 + 2 * recipient, -12000, 12000);
}

uint32_t station_capacity(const struct bureau *bureau, uint32_t station)
{
    return (uint32_t)draw_between(bureau_key(bureau, DRAW_REGISTRY, station), 0, 6, 12) * 5;
}

/* ---- pieces of a record ---- */

static void put_text(struct bureau *bureau, const char *member, const char *text)
{
    buf_printf(&bureau->payload, ",\"%s\":\"%s\"", member, text);
}

static void put_date(struct bureau *bureau, const char *before, int64_t days)
{
    char text[CIVIL_MAX];
    (void)civil_format((bureau->options.start_ms + EAST_MS) / DAY_MS + days, text);
    buf_printf(&bureau->payload, "%s\"%s\"", before, text);
}

static void put_area(struct bureau *bureau, uint32_t number)
{
    uint32_t district = number % N_DISTRICTS + 1, street = number / N_DISTRICTS % 2 + 1;
    uint32_t community = number / N_DISTRICTS / 2 % 2 + 1;
    buf_printf(&bureau->payload,
               ",\"district\":\"d-%02u\",\"street\":\"d-%02u-s%u\","
               "\"community\":\"d-%02u-s%u-c%u\"",
               district, district, street, district, street, community);
}

static void put_place(struct bureau *bureau, int64_t lat_e6, int64_t lon_e6)
{
    buf_printf(&bureau->payload, ",\"lat\":%lld.%06lld,\"lon\":%lld.%06lld",
               (long long)(lat_e6 / 1000000), (long long)(lat_e6 % 1000000),
               (long long)(lon_e6 / 1000000), (long long)(lon_e6 % 1000000));
}

static void put_site_place(struct bureau *bureau, uint32_t number)
{
    int64_t lat_e6, lon_e6;
    bureau_place(bureau, number, &lat_e6, &lon_e6);
    put_place(bureau, lat_e6, lon_e6);
    buf_add_text(&bureau->payload, ",\"crs\":\"WGS-84\"");
}

static const char *first_name(uint32_t i)
{
    static const char *const name[] = {"松鹤", "康宁", "锦绣", "夕阳红", "福寿", "安和",
                                       "仁爱", "金秋", "长青", "和悦",   "乐颐", "慈云"};
    return name[i % (sizeof(name) / sizeof(name[0]))];
}

static const char *const district_name[N_DISTRICTS] = {"东湖区", "西山区", "南桥区",
                                                       "北塔区", "新城区", "江滨区"};

/* ---- the stages ---- */

#define AREAS_OF_DISTRICT 7u /* itself, two streets, two communities each */

static uint32_t n_areas(const struct bureau_options *options)
{
    (void)options;
    return 1 + N_DISTRICTS * AREAS_OF_DISTRICT;
}

static void write_area(struct bureau *bureau, uint32_t i)
{
    if (i == 0) {
        buf_add_text(&bureau->payload,
                     "\"area\":\"city\",\"level\":\"city\",\"name\":\"示范市\"");
        return;
    }
    uint32_t d = (i - 1) / AREAS_OF_DISTRICT, part = (i - 1) % AREAS_OF_DISTRICT;
    uint32_t street = part == 0 ? 0 : (part - 1) / 3 + 1, community = part ? (part - 1) % 3 : 0;
    buf_printf(&bureau->payload, "\"area\":\"d-%02u", d + 1);
    if (street)
        buf_printf(&bureau->payload, "-s%u", street);
    if (community)
        buf_printf(&bureau->payload, "-c%u", community);
    const char *level = community ? "community" : street ? "street" : "district";
    buf_printf(&bureau->payload, "\",\"level\":\"%s\",\"name\":\"%s", level, district_name[d]);
    if (street)
        buf_printf(&bureau->payload, "第%u街道", street);
    if (community)
        buf_printf(&bureau->payload, "第%u社区", community);
    buf_add_text(&bureau->payload, "\",\"parent\":\"");
    if (street)
        buf_printf(&bureau->payload, "d-%02u", d + 1);
    if (community)
        buf_printf(&bureau->payload, "-s%u", street);
    buf_add_text(&bureau->payload, street ? "\"" : "city\"");
}

static uint32_t n_organisations(const struct bureau_options *options)
{
    return options->n_organisations;
}

static void put_code(struct bureau *bureau, uint32_t i)
{
    char code[USCC_LENGTH + 1];
    (void)snprintf(code, sizeof(code), "52510100%09u", i + 1);
    code[USCC_LENGTH - 1] = uscc_check_digit((struct cw_str){code, USCC_LENGTH - 1});
    code[USCC_LENGTH] = '\0';
    put_text(bureau, "unified_code", code);
}

static void write_organisation(struct bureau *bureau, uint32_t i)
{
    static const char *const type[] = {"private_nonprofit", "social_group", "foundation"};
    static const char *const word[] = {"社会服务中心", "志愿者协会", "公益基金会"};
    static const char *const field[] = {"养老服务", "社会工作", "教育", "卫生", "社区治理"};
    uint32_t t = i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2;
    char id[MAX_SIM_ID];
    org_id(i, id);
    buf_printf(&bureau->payload, "\"org\":\"%s\",\"name\":\"%s%u号%s\"", id, first_name(i),
               i + 1, word[t]);
    put_code(bureau, i);
    put_text(bureau, "type", type[t]);
    put_text(bureau, "field", field[i % 5]);
    put_text(bureau, "registrar", district_name[i % N_DISTRICTS]);
    put_text(bureau, "department", i % 5 == 3 ? "卫生健康局" : "民政局");
    put_date(bureau, ",\"registered\":",
             -draw_between(bureau_key(bureau, DRAW_REGISTRY, i), 50, 200, 5000));
    put_text(bureau, "status", "active");
    put_area(bureau, i);
}

static uint32_t n_authorities(const struct bureau_options *options)
{
    (void)options;
    return N_AUTHORITIES;
}

static void write_authority(struct bureau *bureau, uint32_t i)
{
    static const struct {
        const char *id, *kind, *name;
    } authority[N_AUTHORITIES] = {{DEPARTMENT_SITE, "department", "民政局"},
                                  {EVALUATOR_SITE, "department", "第三方评估中心"},
                                  {PURCHASER_SITE, "department", "政府购买服务办公室"},
                                  {DISPATCH_SITE, "dispatch", "调度中心"}};
    buf_printf(&bureau->payload, "\"site\":\"%s\",\"kind\":\"%s\",\"name\":\"%s\"",
               authority[i].id, authority[i].kind, authority[i].name);
}

static void put_operators(struct bureau *bureau, uint32_t org, bool joint)
{
    char id[MAX_SIM_ID];
    org_id(org, id);
    buf_printf(&bureau->payload, ",\"operators\":[\"%s\"", id);
    if (joint) {
        org_id((org + 1) % bureau->options.n_organisations, id);
        buf_printf(&bureau->payload, ",\"%s\"", id);
    }
    buf_add_char(&bureau->payload, ']');
}

static uint32_t n_institutions(const struct bureau_options *options)
{
    return options->n_institutions;
}

static void write_institution(struct bureau *bureau, uint32_t i)
{
    struct draw_key key = bureau_key(bureau, DRAW_REGISTRY, 5 * i);
    static const char *const levels[] = {"\"self\",\"assist\",\"care\",\"special\"",
                                         "\"self\",\"assist\"", "\"care\",\"special\""};
    char id[MAX_SIM_ID];
    institution_id(i, id);
    buf_printf(&bureau->payload, "\"site\":\"%s\",\"kind\":\"%s\",\"name\":\"%s%s%u\"", id,
               i % 6 == 5 ? "nursing_home" : "institution", first_name(i),
               i % 6 == 5 ? "敬老院" : "养老院", i + 1);
    put_area(bureau, i);
    put_site_place(bureau, 5 * i);
    put_operators(bureau, institution_org(bureau, i), false);
    buf_printf(&bureau->payload,
               ",\"beds\":%u,\"capacity\":%u,\"services\":[\"meal\",\"bath\",\"rehab\","
               "\"medical\"],\"price_fen\":%lld,\"grade\":\"%lld\",\"hours\":"
               "\"00:00-24:00\",\"care_levels\":[%s],\"subsidised\":%s,\"certificates\":"
               "{\"fire\":",
               N_BEDS, N_BEDS, (long long)draw_between(key, 20, 18, 60) * 10000,
               (long long)draw_between(key, 21, 1, 5), levels[i % 3],
               i % 2 == 0 ? "true" : "false");
    put_date(bureau, "", draw_between(key, 22, 60, 900));
    put_date(bureau, ",\"food\":", draw_between(key, 23, 60, 900));
    put_date(bureau, "},\"opened\":", -draw_between(key, 24, 300, 5000));
}

static uint32_t n_stations(const struct bureau_options *options)
{
    return options->n_stations;
}

static void write_station(struct bureau *bureau, uint32_t i)
{
    static const char *const kind[] = {"health", "social_work", "neighbour", "youth",
                                       "startup"};
    static const char *const name[] = {"卫生监测站", "社会工作站", "邻里中心", "青少年之家",
                                       "创业扶持站"};
    char id[MAX_SIM_ID];
    station_id(i, id);
    buf_printf(&bureau->payload,
               "\"site\":\"%s\",\"kind\":\"station.%s\",\"name\":\"%s社区%s%u\"", id,
               kind[i % 5], first_name(i + 3), name[i % 5], i + 1);
    put_area(bureau, i);
    buf_printf(&bureau->payload, ",\"grid\":\"g-%u\"", i % 40 + 1);
    put_site_place(bureau, station_city_number(i));
    put_operators(bureau, station_org(bureau, i), i % 5 == 4);
    buf_printf(&bureau->payload,
               ",\"capacity\":%u,\"rooms\":{\"hall\":%u,\"room-1\":20},\"hours\":\"mon-sat "
               "08:30-17:30\",\"services\":[\"visit\",\"bath\",\"meal\",\"clean\","
               "\"health_check\"],\"price_fen\":%lld",
               station_capacity(bureau, i), station_capacity(bureau, i),
               (long long)draw_between(bureau_key(bureau, DRAW_REGISTRY, i), 1, 20, 90) * 100);
}

static uint32_t n_homes(const struct bureau_options *options)
{
    return options->n_homes;
}

static void write_home(struct bureau *bureau, uint32_t i)
{
    char id[MAX_SIM_ID];
    home_id(i, id);
    buf_printf(&bureau->payload, "\"site\":\"%s\",\"kind\":\"home\"", id);
    put_area(bureau, i);
    put_site_place(bureau, home_number(i));
}

static uint32_t n_bases(const struct bureau_options *options)
{
    return options->n_bases;
}

static void write_base(struct bureau *bureau, uint32_t i)
{
    char id[MAX_SIM_ID];
    base_id(i, id);
    buf_printf(&bureau->payload, "\"site\":\"%s\",\"kind\":\"base\",\"name\":\"%s孵化基地%u\"",
               id, district_name[i % N_DISTRICTS], i + 1);
    put_area(bureau, i);
    put_site_place(bureau, 1000000 + i);
    put_operators(bureau, (i * 7) % bureau->options.n_organisations, false);
    buf_add_text(&bureau->payload,
                 ",\"capacity\":120,\"rooms\":{\"hall\":120,\"room-1\":30},\"hours\":\"mon-fri "
                 "09:00-18:00\"");
}

/* By which it files what it has to: its own word has to come from it. */
static void write_own_site(struct bureau *bureau, uint32_t i)
{
    char id[MAX_SIM_ID];
    org_id(i, id);
    buf_printf(&bureau->payload,
               "\"site\":\"%s\",\"kind\":\"organisation\",\"name\":\"%s%u号\"", id,
               first_name(i), i + 1);
    put_area(bureau, i);
    put_operators(bureau, i, false);
}

static uint32_t n_beds(const struct bureau_options *options)
{
    return options->n_institutions * N_BEDS;
}

static void write_bed(struct bureau *bureau, uint32_t i)
{
    uint32_t institution = i / N_BEDS, bed = i % N_BEDS;
    char id[MAX_SIM_ID];
    institution_id(institution, id);
    buf_printf(&bureau->payload,
               "\"site\":\"%s\",\"bed\":\"1-%02u\",\"building\":\"A\",\"floor\":\"1\",\"room\":"
               "\"1%02u\",\"care_level\":\"%s\",\"status\":\"%s\"",
               id, bed + 1, bed / 2 + 1, bed % 3 ? "care" : "assist",
               bed < N_OCCUPIED ? "occupied" : "free");
    if (bed < N_OCCUPIED)
        buf_printf(&bureau->payload, ",\"resident\":\"r-%u-%u\"", 5 * institution + 1, bed + 1);
}

static uint32_t n_staff(const struct bureau_options *options)
{
    return options->n_institutions * N_STAFF + options->n_stations * N_WORKERS;
}

static void write_staff(struct bureau *bureau, uint32_t i)
{
    static const char *const role[N_STAFF] = {"carer", "nurse", "on_duty", "supervisor"};
    uint32_t of_institutions = bureau->options.n_institutions * N_STAFF;
    char id[MAX_SIM_ID];
    if (i < of_institutions) {
        institution_id(i / N_STAFF, id);
        buf_printf(&bureau->payload, "\"site\":\"%s\",\"staff\":\"s-%u\",\"role\":\"%s\"", id,
                   i % N_STAFF + 1, role[i % N_STAFF]);
    } else {
        station_id((i - of_institutions) / N_WORKERS, id);
        buf_printf(&bureau->payload, "\"site\":\"%s\",\"staff\":\"w-%u\",\"role\":\"carer\"",
                   id, (i - of_institutions) % N_WORKERS + 1);
    }
    put_date(bureau, ",\"certificates\":{\"health\":",
             draw_between(bureau_key(bureau, DRAW_REGISTRY, i), 60, 30, 360));
    buf_add_char(&bureau->payload, '}');
}

static uint32_t n_residents(const struct bureau_options *options)
{
    return options->n_institutions * N_OCCUPIED + options->n_stations * N_RECIPIENTS;
}

static void write_recipient(struct bureau *bureau, uint32_t station, uint32_t recipient)
{
    static const char *const category[] = {"alone",       "empty_nest",
                                           "disabled",    "severe_disability",
                                           "left_behind", "special_family"};
    char id[MAX_SIM_ID];
    int64_t lat_e6, lon_e6;
    uint32_t district = station % N_DISTRICTS + 1, street = station / N_DISTRICTS % 2 + 1;
    station_id(station, id);
    recipient_place(bureau, station, recipient, &lat_e6, &lon_e6);
    buf_printf(&bureau->payload,
               "\"site\":\"%s\",\"resident\":\"r-%u\",\"category\":[\"%s\"],\"ability\":\"%s\","
               "\"community\":\"d-%02u-s%u-c%u\",\"grid\":\"g-%u\"",
               id, recipient + 1, category[(station + recipient) % 6],
               recipient % 3 ? "mild" : "moderate", district, street,
               station / N_DISTRICTS / 2 % 2 + 1, station % 40 + 1);
    put_place(bureau, lat_e6, lon_e6);
}

static void write_resident(struct bureau *bureau, uint32_t i)
{
    static const char *const level[] = {"assist", "care", "care", "special"};
    static const char *const ability[] = {"mild", "moderate", "severe", "complete"};
    uint32_t of_institutions = bureau->options.n_institutions * N_OCCUPIED;
    char id[MAX_SIM_ID];
    if (i >= of_institutions) {
        uint32_t n = i - of_institutions;
        write_recipient(bureau, n / N_RECIPIENTS, n % N_RECIPIENTS);
        return;
    }
    uint32_t institution = i / N_OCCUPIED, bed = i % N_OCCUPIED;
    institution_id(institution, id);
    buf_printf(
        &bureau->payload,
        "\"site\":\"%s\",\"resident\":\"r-%u-%u\",\"bed\":\"1-%02u\",\"care_level\":\"%s\","
        "\"ability\":\"%s\",\"consent\":{\"vitals\":true,\"bed\":true,\"room\":true}",
        id, 5 * institution + 1, bed + 1, bed + 1, level[bed % 4], ability[bed % 4]);
    put_date(bureau, ",\"admitted\":",
             -draw_between(bureau_key(bureau, DRAW_REGISTRY, institution), 70 + bed, 30, 1500));
}

static uint32_t n_tenancies(const struct bureau_options *options)
{
    return options->n_bases * N_TENANTS < options->n_organisations
               ? options->n_bases * N_TENANTS
               : options->n_organisations / 2;
}

static void write_tenancy(struct bureau *bureau, uint32_t i)
{
    char base[MAX_SIM_ID], org[MAX_SIM_ID];
    base_id(i / N_TENANTS, base);
    org_id(bureau->options.n_organisations - 1 - i, org);
    buf_printf(&bureau->payload, "\"site\":\"%s\",\"org\":\"%s\",\"result\":\"%s\"", base, org,
               i % 9 == 8 ? "graduated" : "incubating");
    put_date(bureau,
             ",\"from\":", -draw_between(bureau_key(bureau, DRAW_REGISTRY, i), 80, 30, 700));
    buf_printf(&bureau->payload, ",\"area_m2\":%u", 20 + i % 7 * 10);
}

static const struct {
    const char *kind;
    uint32_t (*count)(const struct bureau_options *options);
    void (*write)(struct bureau *bureau, uint32_t i);
} stages[] = {
    {"areas", n_areas, write_area},
    {"organisations", n_organisations, write_organisation},
    {"sites", n_authorities, write_authority},
    {"sites", n_institutions, write_institution},
    {"sites", n_stations, write_station},
    {"sites", n_homes, write_home},
    {"sites", n_bases, write_base},
    {"sites", n_organisations, write_own_site},
    {"beds", n_beds, write_bed},
    {"staff", n_staff, write_staff},
    {"residents", n_residents, write_resident},
    {"tenancies", n_tenancies, write_tenancy},
};

bool bureau_register(struct bureau *bureau)
{
    uint32_t i = bureau->n_registered;
    for (size_t stage = 0; stage < sizeof(stages) / sizeof(stages[0]); stage++) {
        uint32_t n = stages[stage].count(&bureau->options);
        if (i >= n) {
            i -= n;
            continue;
        }
        buf_add_text(&bureau->payload, "{\"by\":\"office\",\"reason\":\"登记\",");
        stages[stage].write(bureau, i);
        buf_add_char(&bureau->payload, '}');
        bureau->now_ms = bureau->options.start_ms + bureau->n_registered++ / RECORDS_PER_MS;
        bureau->message = (struct city_message){
            .kind = CITY_REGISTRY, .topic = stages[stage].kind, .time_ms = bureau->now_ms};
        return true;
    }
    return false;
}
