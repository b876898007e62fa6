/*
 * rules_advice.h - what a rule that works may still lack: the person who reads its alarm at
 * night wants to know what to do and whom to call, in the language they read; a supervisor
 * wants the risk of GB 38600; and nobody but a physician makes a diagnosis.
 */
#ifndef CORE_RULES_ADVICE_H
#define CORE_RULES_ADVICE_H

#include "core/rules.h"

/* A rule about a resident: of a detector, and physiological or of safety. */
bool rule_is_of_resident(const struct rule *rule);
/* GB 38600's nine, and "other" for what is none of them. */
bool risk_code_known(struct cw_str code);
/* The next thing that a rule lacks, as a sentence, or NULL. *i counts from 0. */
const char *rule_advice(const struct rule *rule, uint32_t *i);

#endif
