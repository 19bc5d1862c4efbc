/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What CPUs are: facts and the algebra over them. All that other floors include of drivers/cpu.
 *
 * Pure: no process, socket or file. Every function may be called from any thread; what it is given
 * const it does not change, what it returns const lives as long as the program. Feature and model
 * names are libvirt's; where a name comes from QEMU, either spelling is understood. An architecture
 * without an implementation of an operation answers NO_SUPPORT naming the architecture, never a
 * guess. */
#pragma once

#include "conf/cpu-def.h"
#include "conf/json.h"

/* ---- raw facts: what CPUID and MSRs say, or what a hypervisor turned on ---- */

/* CPUID leaves and MSRs of one CPU (opaque: each architecture has its own inside). */
typedef struct _VirtCpuData VirtCpuData;

/* Empty data for @arch (transfer full); NULL with NO_SUPPORT when the architecture has no data
 * form. */
VirtCpuData *virtcpu_cpu_data_new(VirtCpuArch arch, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Free @data (may be NULL). */
void virtcpu_cpu_data_free(VirtCpuData *data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuData, virtcpu_cpu_data_free)

/* TRUE when @data has the form of @arch's. */
gboolean virtcpu_cpu_data_is_of(const VirtCpuData *data, VirtCpuArch arch);

/* A copy (transfer full). */
VirtCpuData *virtcpu_cpu_data_copy(const VirtCpuData *data) G_GNUC_WARN_UNUSED_RESULT;

/* Add what CPUID answered for one leaf and subleaf, over an older answer for the same. x86 only;
 * no-op elsewhere. */
void virtcpu_cpu_data_add_cpuid(VirtCpuData *data, guint32 leaf, guint32 subleaf, guint32 eax,
                                guint32 ebx, guint32 ecx, guint32 edx);

/* The answer for one leaf and subleaf into @values (eax to edx); FALSE, @values untouched, when
 * @data has none. */
gboolean virtcpu_cpu_data_get_cpuid(const VirtCpuData *data, guint32 leaf, guint32 subleaf,
                                    guint32 values[4]);

/* Add an MSR's value. x86 only; no-op elsewhere. */
void virtcpu_cpu_data_add_msr(VirtCpuData *data, guint32 index, guint64 value);

/* Set the processor's identification: PVR of ppc64, MIDR of ARM. No-op elsewhere. */
void virtcpu_cpu_data_set_register(VirtCpuData *data, guint32 value);

/* Read a <cpudata> document as in libvirt's tests: leaves and MSRs in any order. Errors: XML_ERROR
 * with the line (unknown arch, missing or absurd number, the same leaf twice with another answer,
 * more than 4096 rows). */
VirtCpuData *virtcpu_cpu_data_parse(const char *xml, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from the element @root. */
VirtCpuData *virtcpu_cpu_data_parse_node(xmlNode *root, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Write <cpudata> (transfer full). */
char *virtcpu_cpu_data_format(const VirtCpuData *data) G_GNUC_WARN_UNUSED_RESULT;

/* Take what QEMU's query-cpu-model-expansion said: @model is its "model" object ({name, props}).
 * Features, vendor, family, model, stepping. Properties that are no CPU feature of the map are left
 * out. Errors: INTERNAL_ERROR when it is no model. Returns (transfer full). */
VirtCpuData *virtcpu_cpu_data_from_expansion(VirtCpuArch arch, const VirtCpuJson *model,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Turn feature @name on; FALSE when the map does not know it. */
gboolean virtcpu_cpu_data_add_feature(VirtCpuData *data, const char *name);

/* TRUE when every bit of feature @name is on. */
gboolean virtcpu_cpu_data_has_feature(const VirtCpuData *data, const char *name);

/* Set the vendor by libvirt's name ("Intel") or CPUID string ("GenuineIntel"); FALSE when unknown.
 */
gboolean virtcpu_cpu_data_set_vendor(VirtCpuData *data, const char *vendor);

/* Set family, model and stepping. x86 only; no-op elsewhere. */
void virtcpu_cpu_data_set_signature(VirtCpuData *data, unsigned family, unsigned model,
                                    unsigned stepping);

/* ---- what a hypervisor offers ---- */

/* One CPU model of a QEMU binary and accelerator, as query-cpu-definitions said. */
typedef struct {
    char *name;
    VirtCpuTristate usable; /* ABSENT: QEMU cannot tell */
    char **blockers; /* QEMU's names of what stands in the way, interned GRefStrings; NULL when
                        none or not known */
    char *type;      /* QOM type */
    char *canonical; /* alias-of: the exact version this name stands for, or NULL */
    gboolean deprecated;
    gboolean is_static;             /* the same under every machine type, in every QEMU */
    VirtCpuTristate migration_safe; /* ABSENT: QEMU does not say */
} VirtCpuHvModel;

/* Free one (may be NULL). */
void virtcpu_hv_model_free(VirtCpuHvModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuHvModel, virtcpu_hv_model_free)

/* The "return" array of query-cpu-definitions as an array of VirtCpuHvModel with a free function
 * (transfer full), in QEMU's order. Errors: INTERNAL_ERROR when it is no such array. */
GPtrArray *virtcpu_hv_models_from_json(const VirtCpuJson *definitions,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- decode and encode ---- */

typedef struct {
    VirtCpuDefType type; /* HOST or GUEST */
    /* of VirtCpuHvModel: only these, and what blocks one is disabled with it; NULL: all of the map
     */
    const GPtrArray *hv_models;
    /* only these names; NULL: all. Together with hv_models: both apply */
    const char *const *models;
    const char *preferred; /* take this model when it is allowed; or NULL */
    gboolean migratable;   /* leave out features that block migration */
} VirtCpuDecodeOptions;

/* The <cpu> for @data: model by signature, then fewest features. Returns (transfer full). Errors:
 * INTERNAL_ERROR "cannot find suitable CPU model", CONFIG_UNSUPPORTED when a preferred model is not
 * allowed. */
VirtCpuDef *virtcpu_cpu_decode(const VirtCpuData *data, const VirtCpuDecodeOptions *options,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The bits of @def with its policies applied (force and require on; disable and forbid off;
 * optional as the model has it), its vendor or the model's, its signature or the model's first.
 * @arch is used when @def has none. Errors: INTERNAL_ERROR for unknown names, OPERATION_FAILED "CPU
 * vendor X not found". Returns (transfer full). */
VirtCpuData *virtcpu_cpu_encode(VirtCpuArch arch, const VirtCpuDef *def,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- compiled CPUs: bitsets, for compare without allocation ---- */

/* A <cpu> resolved against the map. Immutable; share freely between threads. */
typedef struct _VirtCpu VirtCpu;

/* Resolve @def (@arch when it has none). A mode without a model of its own (host-passthrough,
 * host-model, maximum) asks for no more than the features it names, as in libvirt; a vendor the map
 * does not know is one no host has. Errors as libvirt's: INTERNAL_ERROR "Unknown CPU model X",
 * "Unknown CPU feature X". Returns (transfer full). */
VirtCpu *virtcpu_cpu_new(VirtCpuArch arch, const VirtCpuDef *def,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Free @cpu (may be NULL). */
void virtcpu_cpu_free(VirtCpu *cpu);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpu, virtcpu_cpu_free)

/* The numbers are virCPUCompareResult's, but for DELEGATED. */
typedef enum {
    VIRTCPU_COMPARE_ERROR = -1,
    VIRTCPU_COMPARE_INCOMPATIBLE = 0,
    VIRTCPU_COMPARE_IDENTICAL = 1,
    VIRTCPU_COMPARE_SUPERSET = 2,
    VIRTCPU_COMPARE_DELEGATED = 3, /* only QEMU can judge; ask it */
} VirtCpuCompareResult;

/* How @cpu (host or guest kind) stands to @host. @reasons (may be NULL) gets, when incompatible,
 * one translated sentence a reason naming vendor, missing, forbidden or (strict) extra features;
 * nothing is allocated without it. */
VirtCpuCompareResult virtcpu_cpu_compare(const VirtCpu *host, const VirtCpu *cpu,
                                         GPtrArray *reasons);

/* The same from definitions. @reasons as there, but not NULL. ERROR with @error set for what cannot
 * be resolved. */
VirtCpuCompareResult virtcpu_cpu_compare_reasons(const VirtCpuDef *host, const VirtCpuDef *cpu,
                                                 GPtrArray *reasons,
                                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Likewise, the reasons as an error. @fail_incompatible: INCOMPATIBLE becomes CPU_INCOMPATIBLE with
 * the reasons as its text. ERROR with @error set for what cannot be resolved. */
VirtCpuCompareResult virtcpu_cpu_compare_defs(const VirtCpuDef *host, const VirtCpuDef *cpu,
                                              gboolean fail_incompatible,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- operations on definitions ---- */

typedef struct {
    gboolean expand_features;
    gboolean migratable;
    /* leave out features QEMU has no property for, as libvirt's QEMU driver does */
    gboolean for_qemu;
    const GPtrArray *hv_models; /* of VirtCpuHvModel: models the result may use; NULL: all */
    const char *const *models;  /* likewise by name; NULL: all */
    const VirtCpuData
        *hv_features; /* hypervisor baseline: features the hypervisor can give; NULL: no limit */
} VirtCpuBaselineOptions;

/* The richest CPU that every one of @cpus (VirtCpuDef, host or guest kind, at least one) contains.
 * Returns a guest-kind custom definition as libvirt's virConnectBaselineCPU (transfer full).
 * @arch is that of definitions that name none. Errors: INVALID_ARG ("no CPUs given", a definition
 * without a model), OPERATION_FAILED (vendors or archs that differ, nothing in common). */
VirtCpuDef *virtcpu_cpu_baseline(VirtCpuArch arch, const GPtrArray *cpus,
                                 const VirtCpuBaselineOptions *options,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @guest as it would run on @host (a host-kind or host-model definition): match minimum takes what
 * the host adds, optional becomes require or disable, host-model becomes custom; features a model
 * once had are disabled by name. What blocks migration is taken from the host only when @guest
 * requires it. host-passthrough and maximum are returned as they are. @host may be NULL when
 * nothing of @guest depends on it. Errors: CONFIG_UNSUPPORTED "unknown host CPU model",
 * INTERNAL_ERROR for a name the map does not know. Returns (transfer full). */
VirtCpuDef *virtcpu_cpu_update(VirtCpuArch arch, const VirtCpuDef *guest, const VirtCpuDef *host,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @def with every feature of its model named, sorted by name; a guest's forced, optional and
 * forbidden features are left out, as libvirt does; @migratable: those that block migration too.
 * Errors: INTERNAL_ERROR for an unknown model or none (transfer full). */
VirtCpuDef *virtcpu_cpu_expand(VirtCpuArch arch, const VirtCpuDef *def, gboolean migratable,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @def with a model that is in @hv_models (NULL: any will do): its own, or (fallback allow) the
 * nearest, with the difference as features. Errors: CONFIG_UNSUPPORTED when fallback is forbidden,
 * INTERNAL_ERROR when no model of @hv_models is near. Returns (transfer full). */
VirtCpuDef *virtcpu_cpu_translate(VirtCpuArch arch, const VirtCpuDef *def,
                                  const GPtrArray *hv_models,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Check every feature of @def; any will do where the architecture has no table. Errors:
 * CONFIG_UNSUPPORTED "unknown CPU feature: X", or for a policy the architecture lacks. */
gboolean virtcpu_cpu_validate_features(VirtCpuArch arch, const VirtCpuDef *def,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- a live vCPU ---- */

/* What a running vCPU turned out to be. */
typedef struct {
    const VirtCpuData *enabled; /* what the guest has */
    /* what was asked for but the host could not give; may be empty or NULL. Only update_live looks:
     * for a check it tells no more than that the feature is not enabled */
    const VirtCpuData *filtered;
} VirtCpuLive;

/* Names of features that differ between @def as promised and the live CPU. @expected is the model's
 * content as the hypervisor itself defines it under this machine type, the policies of @def not yet
 * applied; NULL: the map's, and features the map came to name late are then not judged. Optional
 * features are not judged, nor what host-passthrough and maximum do not name. @missing and @extra
 * (transfer full, may be empty) get libvirt names (char *), map order. FALSE with @error, both
 * untouched, only when @def cannot be resolved. */
gboolean virtcpu_cpu_check_live(VirtCpuArch arch, const VirtCpuDef *def,
                                const VirtCpuData *expected, const VirtCpuLive *live,
                                GPtrArray **missing, GPtrArray **extra,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* @def (custom) rewritten as exactly what the live CPU has, relative to the map's model, check full
 * (transfer full). */
VirtCpuDef *virtcpu_cpu_update_live(VirtCpuArch arch, const VirtCpuDef *def,
                                    const VirtCpuLive *live,
                                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* ---- the map ---- */

/* TRUE when the map has models for @arch. */
gboolean virtcpu_cpu_has_map(VirtCpuArch arch);

/* TRUE when a CPU of @arch is known bit by bit, so that virtcpu_cpu_encode can tell it. */
gboolean virtcpu_cpu_has_bits(VirtCpuArch arch);

/* TRUE where mode host-model gives the host's own CPU, with a model naming a compatibility mode,
 * and QEMU is not asked what it is (ppc64). */
gboolean virtcpu_cpu_host_model_is_host(VirtCpuArch arch);

/* Model names in libvirt's order, NULL-terminated (container transfer: g_free only); none where
 * QEMU alone knows the models, which clients read as "all are accepted". Errors: NO_SUPPORT. */
const char **virtcpu_cpu_model_names(VirtCpuArch arch, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* libvirt's vendor name of @model ("Intel"), or NULL when it has none, is unknown, or is of an
 * architecture whose models libvirt tells no vendors of (ARM, RISC-V, LoongArch). */
const char *virtcpu_cpu_model_vendor(VirtCpuArch arch, const char *model);

/* libvirt's spelling of QEMU's model @name ("POWER9" of "power9"); @name itself when the map has no
 * other. */
const char *virtcpu_cpu_model_from_qemu(VirtCpuArch arch, const char *name);

/* QEMU's spelling of feature @name for its command line and QMP; @name itself when the map does not
 * know it. */
const char *virtcpu_cpu_feature_to_qemu(VirtCpuArch arch, const char *name);

/* libvirt's spelling of QEMU's property @name, or NULL when it is no CPU feature the map knows. */
const char *virtcpu_cpu_feature_from_qemu(VirtCpuArch arch, const char *name);

/* TRUE when a guest with feature @name can migrate. Unknown names: TRUE. */
gboolean virtcpu_cpu_feature_is_migratable(VirtCpuArch arch, const char *name);

/* Every feature name of @arch in map order, NULL-terminated (container transfer: g_free only). */
const char **virtcpu_cpu_feature_names(VirtCpuArch arch) G_GNUC_WARN_UNUSED_RESULT;

/* Levels of the x86-64 psABI ("x86-64-v1" to "x86-64-v4"): 1 to 4. 0: below the first, or an
 * architecture that has no such levels. */
typedef unsigned VirtCpuAbiLevel;

/* One model of the map. Strings live as long as the program. */
typedef struct {
    const char *name;
    const char *family;    /* name without its version or security suffix ("EPYC-Rome") */
    unsigned version;      /* N of a name that ends in -vN; 0 for an unversioned name */
    const char *vendor;    /* libvirt's name, or NULL for a model any vendor may have */
    VirtCpuAbiLevel level; /* of the model's own features */
    gboolean decode_host;  /* may describe a host */
    gboolean decode_guest; /* may describe a guest when usability in QEMU is not known */
    gboolean frozen;       /* a definition older than QEMU's probing: partial checks go by it */
    gsize n_features;      /* features a guest gets from the name alone */
} VirtCpuModelInfo;

/* Fill @info with model @name; FALSE, @info untouched, when @arch has no such model. */
gboolean virtcpu_cpu_model_info(VirtCpuArch arch, const char *name, VirtCpuModelInfo *info);

/* Names of the features of model @name in map order, NULL-terminated (container transfer: g_free
 * only); NULL when unknown. */
const char **virtcpu_cpu_model_features(VirtCpuArch arch,
                                        const char *name) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
    VIRTCPU_REGISTER_EAX,
    VIRTCPU_REGISTER_EBX,
    VIRTCPU_REGISTER_ECX,
    VIRTCPU_REGISTER_EDX,
    VIRTCPU_REGISTER_MSR,
} VirtCpuRegister;

/* One feature of the map: a bit and its names. */
typedef struct {
    const char *name;           /* libvirt's */
    const char *qemu;           /* QEMU's property; NULL when it has none */
    const char *const *aliases; /* NULL-terminated: every other spelling of QEMU and Linux */
    VirtCpuRegister reg;        /* where the bit is */
    guint32 leaf, subleaf;      /* of CPUID; leaf is the index of an MSR, subleaf then 0 */
    unsigned bit;               /* 0 to 31, to 63 in an MSR */
    gboolean migratable;
} VirtCpuFeatureInfo;

/* Fill @info with feature @name (any spelling); FALSE, @info untouched, when it is unknown. */
gboolean virtcpu_cpu_feature_info(VirtCpuArch arch, const char *name, VirtCpuFeatureInfo *info);

/* "eax" to "edx", "msr". */
const char *virtcpu_register_to_string(VirtCpuRegister reg);

/* A register of CPUID, or an MSR, in which the data of two CPUs differ. */
typedef struct {
    guint32 leaf, subleaf; /* leaf is the index of an MSR, subleaf then 0 */
    VirtCpuRegister reg;
    guint64 was, is;   /* 0 where it is not there */
    gboolean had, has; /* the CPU has such a leaf or MSR at all */
} VirtCpuDataDifference;

/* Where @was and @is, of one architecture, differ: leaves of CPUID, then MSRs; of
 * VirtCpuDataDifference, empty where an architecture's data has no places (transfer full). */
GArray *virtcpu_cpu_data_differences(const VirtCpuData *was,
                                     const VirtCpuData *is) G_GNUC_WARN_UNUSED_RESULT;

/* The highest level all of whose features @cpu has. */
VirtCpuAbiLevel virtcpu_cpu_abi_level(const VirtCpu *cpu);

/* Tell in @has whether @cpu has feature @name. FALSE with INTERNAL_ERROR "unknown CPU feature X".
 */
gboolean virtcpu_cpu_has_feature(const VirtCpu *cpu, const char *name, gboolean *has,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;
