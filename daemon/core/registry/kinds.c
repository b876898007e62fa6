/*
 * kinds.c - what is registered, kind by kind: one table of fields each. To know something
 * more of a kind is to add a row.
 *
 * Texts of a choice may also be given in Chinese, as spreadsheets of offices have them.
 */
#include "core/registry/book.h"

#define TEXT_MAX 256
#define MANY 1e9
#define FEN_MAX 1e15
#define END          \
    {                \
        .name = NULL \
    }

#define ORG_TYPES                                  \
    "social_group=社团=社会团体|"            \
    "private_nonprofit=民非=社会服务机构|" \
    "foundation=基金会|enterprise=企业|"      \
    "public_institution=事业单位"

static const struct entry_field area_fields[] = {
    {.name = "level",
     .type = FIELD_CHOICE,
     .choices = "city=市|district=区县=区|street=街道=镇|community=社区=村|grid=网格",
     .flags = FIELD_REQUIRED | FIELD_PUBLIC},
    {.name = "name", .type = FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_PUBLIC},
    {.name = "parent", .type = FIELD_ID, .refers = "areas", .flags = FIELD_PUBLIC},
    END,
};
const struct entry_kind kind_areas = {.name = "areas", .member = "area", .field = area_fields};

static const struct entry_field organisation_fields[] = {
    {.name = "name",
     .type = FIELD_TEXT,
     .max = TEXT_MAX,
     .flags = FIELD_REQUIRED | FIELD_PUBLIC},
    {.name = "unified_code", .type = FIELD_USCC, .flags = FIELD_PUBLIC},
    {.name = "type", .type = FIELD_CHOICE, .choices = ORG_TYPES, .flags = FIELD_PUBLIC},
    {.name = "field", .type = FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_PUBLIC},
    {.name = "registrar", .type = FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_PUBLIC},
    {.name = "department", .type = FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_PUBLIC},
    {.name = "registered", .type = FIELD_DATE, .flags = FIELD_PUBLIC},
    {.name = "status",
     .type = FIELD_CHOICE,
     .choices = "active=正常|deregistered=注销|revoked=撤销=吊销",
     .flags = FIELD_PUBLIC},
    {.name = "district", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "street", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "community", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "address", .type = FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_PUBLIC},
    {.name = "incubated_at", .type = FIELD_ID, .refers = "sites"},
    {.name = "certificates", .type = FIELD_DATES},
    END,
};
const struct entry_kind kind_organisations = {
    .name = "organisations", .member = "org", .field = organisation_fields};

/* What is known of a site beyond its place and kind, which registry.c keeps. */
static const struct entry_field site_fields[] = {
    {.name = "kind", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "district", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "name", .type = FIELD_TEXT, .max = 128, .flags = FIELD_PUBLIC},
    {.name = "lat", .type = FIELD_REAL, .min = -90, .max = 90, .flags = FIELD_PUBLIC},
    {.name = "lon", .type = FIELD_REAL, .min = -180, .max = 180, .flags = FIELD_PUBLIC},
    {.name = "crs",
     .type = FIELD_CHOICE,
     .choices = "WGS-84=WGS84|GCJ-02=GCJ02",
     .flags = FIELD_PUBLIC},
    {.name = "street", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "community", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "grid", .type = FIELD_ID, .flags = FIELD_PUBLIC},
    {.name = "address", .type = FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_PUBLIC},
    {.name = "operators", .type = FIELD_IDS, .refers = "organisations", .flags = FIELD_PUBLIC},
    {.name = "hours", .type = FIELD_TEXT, .max = TEXT_MAX, .flags = FIELD_PUBLIC},
    {.name = "capacity", .type = FIELD_INT, .min = 0, .max = 1e6, .flags = FIELD_PUBLIC},
    {.name = "beds", .type = FIELD_INT, .min = 0, .max = 1e5, .flags = FIELD_PUBLIC},
    {.name = "rooms", .type = FIELD_NUMBERS, .min = 0, .max = 1e6},
    {.name = "certificates", .type = FIELD_DATES, .flags = FIELD_PUBLIC},
    {.name = "services", .type = FIELD_IDS, .flags = FIELD_PUBLIC},
    {.name = "price_fen", .type = FIELD_INT, .min = 0, .max = 1e9, .flags = FIELD_PUBLIC},
    {.name = "care_levels", .type = FIELD_IDS, .flags = FIELD_PUBLIC}, /* whom it takes */
    {.name = "subsidised", .type = FIELD_BOOL, .flags = FIELD_PUBLIC},
    {.name = "grade", .type = FIELD_TEXT, .max = 16, .flags = FIELD_PUBLIC},
    {.name = "opened", .type = FIELD_DATE, .flags = FIELD_PUBLIC},
    /* As the site itself says, and when it did. */
    {.name = "occupied", .type = FIELD_INT, .min = 0, .max = 1e5, .flags = FIELD_PUBLIC},
    {.name = "occupied_at", .type = FIELD_TIME, .flags = FIELD_PUBLIC},
    END,
};
const struct entry_kind kind_sites = {.name = "sites", .member = "site", .field = site_fields};

#define ABILITIES                                              \
    "intact=完好=能力完好|mild=轻度=轻度失能|"     \
    "moderate=中度=中度失能|severe=重度=重度失能|" \
    "complete=完全失能"
#define CARE_LEVELS "self=自理|assist=介助|care=介护|special=特护"

static const struct entry_field resident_fields[] = {
    {.name = "site", .type = FIELD_ID, .flags = FIELD_REQUIRED},
    {.name = "ability", .type = FIELD_CHOICE, .choices = ABILITIES},
    {.name = "care_level", .type = FIELD_CHOICE, .choices = CARE_LEVELS},
    {.name = "category", .type = FIELD_IDS}, /* of oversight.recipient_categories */
    {.name = "bed", .type = FIELD_ID},
    {.name = "community", .type = FIELD_ID},
    {.name = "grid", .type = FIELD_ID},
    {.name = "lat", .type = FIELD_REAL, .min = -90, .max = 90},
    {.name = "lon", .type = FIELD_REAL, .min = -180, .max = 180},
    {.name = "spo2_scale", .type = FIELD_INT, .min = 1, .max = 2},
    {.name = "consent", .type = FIELD_FLAGS},
    {.name = "admitted", .type = FIELD_DATE},
    {.name = "assessed", .type = FIELD_DATE},
    {.name = "status", .type = FIELD_CHOICE, .choices = "present|away|discharged|transferred"},
    END,
};
const struct entry_kind kind_residents = {
    .name = "residents", .member = "resident", .of_site = true, .field = resident_fields};

static const struct entry_field staff_fields[] = {
    {.name = "site", .type = FIELD_ID, .flags = FIELD_REQUIRED},
    {.name = "role",
     .type = FIELD_CHOICE,
     .choices = "carer=护理员|nurse=护士|doctor=医生|social_worker=社工|supervisor=主管|"
                "on_duty=值班人员|driver=司机|cook=厨师|volunteer=志愿者|other=其他"},
    {.name = "certificates", .type = FIELD_DATES},
    {.name = "from", .type = FIELD_DATE},
    {.name = "until", .type = FIELD_DATE},
    {.name = "status", .type = FIELD_CHOICE, .choices = "present|left"},
    END,
};
const struct entry_kind kind_staff = {
    .name = "staff", .member = "staff", .of_site = true, .field = staff_fields};

static const struct entry_field bed_fields[] = {
    {.name = "site", .type = FIELD_ID, .flags = FIELD_REQUIRED},
    {.name = "building", .type = FIELD_ID},
    {.name = "floor", .type = FIELD_ID},
    {.name = "room", .type = FIELD_ID},
    {.name = "care_level", .type = FIELD_CHOICE, .choices = CARE_LEVELS},
    {.name = "status",
     .type = FIELD_CHOICE,
     .choices = "free=空闲|occupied=占用|reserved=预留|closed=停用"},
    {.name = "resident", .type = FIELD_ID},
    END,
};
const struct entry_kind kind_beds = {
    .name = "beds", .member = "bed", .of_site = true, .field = bed_fields};

static const struct entry_field tenancy_fields[] = {
    {.name = "site",
     .type = FIELD_ID,
     .refers = "sites",
     .flags = FIELD_REQUIRED | FIELD_PUBLIC},
    {.name = "from", .type = FIELD_DATE, .flags = FIELD_PUBLIC},
    {.name = "until", .type = FIELD_DATE, .flags = FIELD_PUBLIC},
    {.name = "area_m2", .type = FIELD_REAL, .min = 0, .max = 1e6},
    {.name = "result",
     .type = FIELD_CHOICE,
     .choices = "incubating=在孵|graduated=出壳|left=退出"},
    END,
};
const struct entry_kind kind_tenancies = {
    .name = "tenancies", .member = "org", .of_site = true, .field = tenancy_fields};
