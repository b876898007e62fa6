/*
 * rules_advice.c - see rules_advice.h. A text that was left out is filled from the other
 * language, so two that are equal are one that was written.
 */
#include "core/rules_advice.h"

#include <string.h>

#include "base/str.h"

bool rule_is_of_resident(const struct rule *rule)
{
    return rule->kind == RULE_DETECTOR &&
           (rule->category == CATEGORY_PHYSIOLOGICAL || rule->category == CATEGORY_SAFETY);
}

bool risk_code_known(struct cw_str code)
{
    static const char *const codes[] = {"choke",    "mis_ingest", "pressure_ulcer", "scald",
                                        "bed_fall", "fall",       "harm",           "elope",
                                        "activity", "other"};
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (str_is(code, codes[i]))
            return true;
    }
    return false;
}

static bool lacks_action(const struct rule *rule)
{
    return rule_is_of_resident(rule) && rule->action_zh[0] == '\0';
}

static bool action_in_one_language(const struct rule *rule)
{
    return rule->action_zh[0] && strcmp(rule->action_zh, rule->action_en) == 0;
}

static bool text_in_one_language(const struct rule *rule)
{
    return rule->kind == RULE_DETECTOR && strcmp(rule->text_zh, rule->text_en) == 0;
}

static bool lacks_risk(const struct rule *rule)
{
    return rule_is_of_resident(rule) && rule->risk[0] == '\0';
}

static bool risk_unknown(const struct rule *rule)
{
    return rule->risk[0] && !risk_code_known(str_of(rule->risk));
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool contains(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; *text; text++) {
        size_t i = 0;
        while (i < n && lower(text[i]) == word[i])
            i++;
        if (i == n)
            return true;
    }
    return false;
}

static bool names_diagnosis(const struct rule *rule)
{
    static const char *const words[] = {
        "stroke",   "infarct", "heart attack", "sepsis", "pneumonia", "epilep",
        "dementia", "脑卒中",  "中风",         "心梗",   "心肌梗",    "败血",
        "脓毒",     "肺炎",    "癫痫发作",     "痴呆",   "心衰",
    };
    const char *const texts[] = {rule->text_zh, rule->text_en, rule->action_zh,
                                 rule->action_en};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (size_t k = 0; k < 4; k++) {
            if (contains(texts[k], words[i]))
                return true;
        }
    }
    return false;
}

static const struct {
    bool (*holds)(const struct rule *rule);
    const char *sentence;
} advice[] = {
    {lacks_action, "has no action: what to do, and whom to call"},
    {action_in_one_language, "has an action in one language alone (zh, en)"},
    {text_in_one_language, "has a text in one language alone (zh, en)"},
    {lacks_risk, "has no risk code of GB 38600 (\"other\" when it is none of the nine)"},
    {risk_unknown, "has a risk code that GB 38600 does not know: choke, mis_ingest, "
                   "pressure_ulcer, scald, bed_fall, fall, harm, elope, activity, or other"},
    {names_diagnosis, "names a diagnosis: say what was seen, not what it may be"},
};
#define N_ADVICE (sizeof(advice) / sizeof(advice[0]))

const char *rule_advice(const struct rule *rule, uint32_t *i)
{
    while (*i < N_ADVICE) {
        uint32_t row = (*i)++;
        if (advice[row].holds(rule))
            return advice[row].sentence;
    }
    return NULL;
}
