/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/cpu-words.h"

#include "conf/cpu-def.h"

static const char *const modes[] = { "custom", "host-model", "host-passthrough", "maximum" };
static const char *const matches[] = { "exact", "minimum", "strict" };
static const char *const checks[] = { "default", "none", "partial", "full" };
static const char *const fallbacks[] = { "allow", "forbid" };
static const char *const policies[] = { "force", "require", "optional", "disable", "forbid" };
static const char *const caches[] = { "emulate", "passthrough", "disable" };
static const char *const physaddrs[] = { "absent", "emulate", "passthrough" };
static const char *const switches[] = { "absent", "on", "off" };
static const char *const bools[] = { "absent", "yes", "no" };

VIRTCPU_WORDS_DEFINE(virtcpu_mode_words, modes, VIRTCPU_MODE_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_match_words, matches, VIRTCPU_MATCH_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_check_words, checks, VIRTCPU_CHECK_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_fallback_words, fallbacks, VIRTCPU_FALLBACK_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_policy_words, policies, VIRTCPU_POLICY_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_cache_words, caches, VIRTCPU_CACHE_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_physaddr_words, physaddrs, VIRTCPU_PHYSADDR_LAST);
VIRTCPU_WORDS_DEFINE(virtcpu_switch_words, switches, VIRTCPU_TRISTATE_NO + 1);
VIRTCPU_WORDS_DEFINE(virtcpu_bool_words, bools, VIRTCPU_TRISTATE_NO + 1);

const char *
virtcpu_mode_to_string(VirtCpuMode mode)
{
    return virtcpu_words_to_string(&virtcpu_mode_words, (int)mode);
}

const char *
virtcpu_match_to_string(VirtCpuMatch match)
{
    return virtcpu_words_to_string(&virtcpu_match_words, (int)match);
}

const char *
virtcpu_check_to_string(VirtCpuCheck check)
{
    return virtcpu_words_to_string(&virtcpu_check_words, (int)check);
}

const char *
virtcpu_policy_to_string(VirtCpuPolicy policy)
{
    return virtcpu_words_to_string(&virtcpu_policy_words, (int)policy);
}
