/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A <cpu> element: what a host has or a guest wishes, in libvirt's words. */
#pragma once

#include "conf/arch.h"

#include <libxml/tree.h>

/* Which of the two <cpu> grammars: a host's has <arch>, a guest's has mode, match and policies. */
typedef enum {
    VIRTCPU_DEF_HOST,
    VIRTCPU_DEF_GUEST,
    VIRTCPU_DEF_AUTO, /* for parsing only: HOST when an <arch> child is there, else GUEST */
} VirtCpuDefType;

typedef enum {
    VIRTCPU_MODE_CUSTOM,
    VIRTCPU_MODE_HOST_MODEL,
    VIRTCPU_MODE_HOST_PASSTHROUGH,
    VIRTCPU_MODE_MAXIMUM,
    VIRTCPU_MODE_LAST,
} VirtCpuMode;

typedef enum {
    VIRTCPU_MATCH_EXACT, /* libvirt's default */
    VIRTCPU_MATCH_MINIMUM,
    VIRTCPU_MATCH_STRICT,
    VIRTCPU_MATCH_LAST,
} VirtCpuMatch;

typedef enum {
    VIRTCPU_CHECK_DEFAULT, /* not given */
    VIRTCPU_CHECK_NONE,
    VIRTCPU_CHECK_PARTIAL,
    VIRTCPU_CHECK_FULL,
    VIRTCPU_CHECK_LAST,
} VirtCpuCheck;

typedef enum {
    VIRTCPU_FALLBACK_ALLOW,
    VIRTCPU_FALLBACK_FORBID,
    VIRTCPU_FALLBACK_LAST,
} VirtCpuFallback;

typedef enum {
    VIRTCPU_POLICY_FORCE,
    VIRTCPU_POLICY_REQUIRE, /* the default; a host CPU's features carry it too */
    VIRTCPU_POLICY_OPTIONAL,
    VIRTCPU_POLICY_DISABLE,
    VIRTCPU_POLICY_FORBID,
    VIRTCPU_POLICY_LAST,
} VirtCpuPolicy;

typedef enum {
    VIRTCPU_CACHE_EMULATE,
    VIRTCPU_CACHE_PASSTHROUGH,
    VIRTCPU_CACHE_DISABLE,
    VIRTCPU_CACHE_LAST,
} VirtCpuCacheMode;

typedef enum {
    VIRTCPU_TRISTATE_ABSENT,
    VIRTCPU_TRISTATE_YES,
    VIRTCPU_TRISTATE_NO,
} VirtCpuTristate;

typedef enum {
    VIRTCPU_PHYSADDR_ABSENT,
    VIRTCPU_PHYSADDR_EMULATE,
    VIRTCPU_PHYSADDR_PASSTHROUGH,
    VIRTCPU_PHYSADDR_LAST,
} VirtCpuPhysaddrMode;

typedef struct {
    char *name; /* libvirt's spelling as written */
    VirtCpuPolicy policy;
    gboolean
        has_policy; /* the policy attribute was written (formatting of host CPUs leaves it out) */
} VirtCpuDefFeature;

typedef struct {
    unsigned id;
    char *cpus; /* cpulist as written; NULL when absent */
    guint64 memory_kib;
    char *mem_access; /* "shared", "private" or NULL */
    VirtCpuTristate discard;
} VirtCpuNumaCell;

/* Fields that are absent are NULL, 0 or the ABSENT value unless said otherwise. Built by one owner,
 * then const and shared. */
typedef struct {
    VirtCpuDefType type; /* HOST or GUEST, never AUTO */
    VirtCpuArch arch;    /* NONE for a guest CPU, which has it from its domain */
    char *model;
    char *vendor;
    GPtrArray *features; /* of VirtCpuDefFeature, in document order; never NULL */

    unsigned sockets, dies, clusters, cores, threads; /* sockets 0: no <topology> */

    /* guest */
    VirtCpuMode mode;
    VirtCpuMatch match;
    gboolean has_match; /* match was written or follows from a written model; formatted when TRUE */
    VirtCpuCheck check;
    VirtCpuTristate deprecated_features; /* attribute: features QEMU calls deprecated are all on or
                                            all off */
    VirtCpuTristate migratable; /* attribute of host-passthrough and maximum; "on" is YES. Of a CPU
                                   to update others by: nothing in it blocks migration */
    VirtCpuFallback fallback;
    gboolean has_fallback; /* the attribute was written or filled in */
    char *vendor_id;       /* 12 characters the guest sees, or NULL */
    int cache_level;       /* -1: no level given */
    gboolean has_cache;
    VirtCpuCacheMode cache_mode;
    VirtCpuPhysaddrMode physaddr_mode;
    int physaddr_bits;     /* -1: not given */
    int physaddr_limit;    /* -1: not given */
    GPtrArray *numa_cells; /* of VirtCpuNumaCell; never NULL, may be empty */

    /* host */
    char *microcode; /* version, decimal */
    unsigned sig_family, sig_model, sig_stepping;
    gboolean has_signature;
    guint64 tsc_hz; /* 0: no <counter> */
    VirtCpuTristate tsc_scaling;
} VirtCpuDef;

/* A new, empty definition of @type (transfer full). */
VirtCpuDef *virtcpu_def_new(VirtCpuDefType type) G_GNUC_WARN_UNUSED_RESULT;

/* Free @def (may be NULL). */
void virtcpu_def_free(VirtCpuDef *def);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuDef, virtcpu_def_free)

/* A deep copy of @def (may be NULL) (transfer full). */
VirtCpuDef *virtcpu_def_copy(const VirtCpuDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* Read a <cpu> element. @type AUTO decides by <arch>. Errors as libvirt's: XML_ERROR,
 * CONFIG_UNSUPPORTED (unknown mode, match, policy; feature twice; model missing), each naming the
 * element and its line; an element or attribute this grammar lacks is CONFIG_UNSUPPORTED. Returns
 * (transfer full). Any thread. */
VirtCpuDef *virtcpu_def_parse_node(xmlNode *node, VirtCpuDefType type,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from text whose root is <cpu>. Other roots are XML_ERROR. */
VirtCpuDef *virtcpu_def_parse(const char *xml, VirtCpuDefType type,
                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Every <cpu> of a document: the root itself, or those below <capabilities><host>,
 * <domainCapabilities> (its host-model) and <domain>, in any wrapper element such as virsh's
 * <cliOutput>. Returns an array of VirtCpuDef
 * (transfer full), never empty on success. Errors: XML_ERROR when there is none. */
GPtrArray *virtcpu_def_parse_all(const char *xml, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write @def in libvirt's element order, attributes single-quoted, each line indented by @indent
 * spaces plus two a level. An empty definition writes nothing. */
void virtcpu_def_format(const VirtCpuDef *def, unsigned indent, GString *out);

/* virtcpu_def_format to a new string (transfer full). */
char *virtcpu_def_to_xml(const VirtCpuDef *def) G_GNUC_WARN_UNUSED_RESULT;

/* TRUE for a guest CPU whose content only the hypervisor knows: host-passthrough and maximum. */
gboolean virtcpu_def_is_opaque(const VirtCpuDef *def);

/* The feature @name (libvirt's spelling), or NULL (transfer none). */
VirtCpuDefFeature *virtcpu_def_find_feature(const VirtCpuDef *def, const char *name);

/* Set feature @name to @policy, adding it last when it is not there. */
void virtcpu_def_set_feature(VirtCpuDef *def, const char *name, VirtCpuPolicy policy);

/* Drop feature @name when it is there. */
void virtcpu_def_remove_feature(VirtCpuDef *def, const char *name);

/* Sort features by name in strcmp order, as libvirt does where it sorts. */
void virtcpu_def_sort_features(VirtCpuDef *def);

/* XML words of the enums; NULL out of range. Any thread. */
const char *virtcpu_mode_to_string(VirtCpuMode mode);
/* "exact", "minimum", "strict". */
const char *virtcpu_match_to_string(VirtCpuMatch match);
/* "none", "partial", "full"; "default" is never written. */
const char *virtcpu_check_to_string(VirtCpuCheck check);
/* "force", "require", "optional", "disable", "forbid". */
const char *virtcpu_policy_to_string(VirtCpuPolicy policy);
