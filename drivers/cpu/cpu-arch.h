/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What an architecture implements; private to drivers/cpu. An architecture is one VirtCpuArchOps,
 * static and const, and one row in arch-table.c.
 *
 * Every slot but name and archs may be NULL: cpu.c then answers NO_SUPPORT naming the architecture
 * (look-ups in the map: as if the map were empty). A slot does what the function of cpu.h with its
 * name says; cpu.c has found the table and checked the slot. */
#pragma once

#include "drivers/cpu/chip-map.h"
#include "drivers/cpu/cpu.h"

#include <libxml/tree.h>

typedef struct _VirtCpuArchOps VirtCpuArchOps;

/* First member of every architecture's data. */
struct _VirtCpuData {
    const VirtCpuArchOps *ops;
    VirtCpuArch arch;
};

/* First member of every architecture's compiled CPU. */
struct _VirtCpu {
    const VirtCpuArchOps *ops;
    VirtCpuArch arch;
};

struct _VirtCpuArchOps {
    const char *name;         /* of the map and of <cpudata arch=''> */
    const VirtCpuArch *archs; /* those it serves, ending in NONE; <cpudata> is of the first */

    gboolean host_model_is_host; /* see virtcpu_cpu_host_model_is_host */
    const ChipMap *chips;        /* what chip-data.h works on; NULL elsewhere */

    /* data: an architecture that has data_new has data_free, data_copy, data_parse and data_format;
     * one that has only data_from_expansion has data_free and data_copy; of the rest what its form
     * can hold */
    VirtCpuData *(*data_new)(VirtCpuArch arch);
    void (*data_free)(VirtCpuData *data);
    VirtCpuData *(*data_copy)(const VirtCpuData *data);
    void (*data_add_cpuid)(VirtCpuData *data, guint32 leaf, guint32 subleaf,
                           const guint32 values[4]);
    gboolean (*data_get_cpuid)(const VirtCpuData *data, guint32 leaf, guint32 subleaf,
                               guint32 values[4]);
    void (*data_add_msr)(VirtCpuData *data, guint32 index, guint64 value);
    void (*data_set_register)(VirtCpuData *data, guint32 value);
    VirtCpuData *(*data_parse)(VirtCpuArch arch, xmlNode *node, GError **error);
    char *(*data_format)(const VirtCpuData *data);
    gboolean (*data_add_feature)(VirtCpuData *data, const char *name);
    gboolean (*data_has_feature)(const VirtCpuData *data, const char *name);
    gboolean (*data_set_vendor)(VirtCpuData *data, const char *vendor);
    void (*data_set_signature)(VirtCpuData *data, unsigned family, unsigned model,
                               unsigned stepping);
    GArray *(*data_differences)(const VirtCpuData *was, const VirtCpuData *is);
    VirtCpuData *(*data_from_expansion)(VirtCpuArch arch, const VirtCpuJson *model, GError **error);

    VirtCpuDef *(*decode)(const VirtCpuData *data, const VirtCpuDecodeOptions *options,
                          GError **error);
    VirtCpuData *(*encode)(VirtCpuArch arch, const VirtCpuDef *def, GError **error);

    /* compiled CPUs: an architecture that has cpu_new has these four */
    VirtCpu *(*cpu_new)(VirtCpuArch arch, const VirtCpuDef *def, GError **error);
    void (*cpu_free)(VirtCpu *cpu);
    VirtCpuCompareResult (*compare)(const VirtCpu *host, const VirtCpu *cpu, GPtrArray *reasons);
    gboolean (*has_feature)(const VirtCpu *cpu, const char *name, gboolean *has, GError **error);
    VirtCpuAbiLevel (*abi_level)(const VirtCpu *cpu);

    /* definitions */
    VirtCpuDef *(*baseline)(VirtCpuArch arch, const GPtrArray *cpus,
                            const VirtCpuBaselineOptions *options, GError **error);
    VirtCpuDef *(*update)(VirtCpuArch arch, const VirtCpuDef *guest, const VirtCpuDef *host,
                          GError **error);
    VirtCpuDef *(*expand)(VirtCpuArch arch, const VirtCpuDef *def, gboolean migratable,
                          GError **error);
    VirtCpuDef *(*translate)(VirtCpuArch arch, const VirtCpuDef *def, const GPtrArray *hv_models,
                             GError **error);
    gboolean (*validate_features)(const VirtCpuDef *def, GError **error);

    /* a live vCPU */
    gboolean (*check_live)(const VirtCpuDef *def, const VirtCpuData *expected,
                           const VirtCpuLive *live, GPtrArray **missing, GPtrArray **extra,
                           GError **error);
    VirtCpuDef *(*update_live)(const VirtCpuDef *def, const VirtCpuLive *live, GError **error);

    /* the map */
    const char **(*model_names)(void);
    const char **(*feature_names)(void);
    gboolean (*model_info)(const char *name, VirtCpuModelInfo *info);
    const char *(*model_vendor)(const char *name); /* NULL: by model_info */
    const char *(*model_from_qemu)(const char *name);
    const char **(*model_features)(const char *name);
    gboolean (*feature_info)(const char *name, VirtCpuFeatureInfo *info);
};

/* Place of a slot, for virtcpu_arch_find. */
#define VIRTCPU_ARCH_SLOT(slot) G_STRUCT_OFFSET(VirtCpuArchOps, slot)

/* The table of @arch with @slot filled (transfer none). Errors: INTERNAL_ERROR for NONE; NO_SUPPORT
 * naming @arch when it has no table or not this slot. Any thread. */
const VirtCpuArchOps *virtcpu_arch_find(VirtCpuArch arch, gsize slot, GError **error);

/* The same by the name in <cpudata arch=''>; NULL without an error when none has it. */
const VirtCpuArchOps *virtcpu_arch_find_by_name(const char *name);

/* The tables there are. */
extern const VirtCpuArchOps virtcpu_arm_ops;
extern const VirtCpuArchOps virtcpu_loongarch64_ops;
extern const VirtCpuArchOps virtcpu_ppc64_ops;
extern const VirtCpuArchOps virtcpu_riscv64_ops;
extern const VirtCpuArchOps virtcpu_s390x_ops;
extern const VirtCpuArchOps virtcpu_x86_ops;
