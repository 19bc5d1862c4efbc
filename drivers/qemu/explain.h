/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why a guest CPU is not what its definition says: for each feature the layer that decides, with
 * the evidence and what would help. Pure. */
#pragma once

#include "drivers/host/host.h"
#include "drivers/qemu/caps.h"

/* What is with a feature. */
typedef enum {
    VIRTCPU_STATE_MISSING,  /* promised and not there */
    VIRTCPU_STATE_FILTERED, /* asked for and taken away by the accelerator */
    VIRTCPU_STATE_EXTRA,    /* there and not promised */
    VIRTCPU_STATE_BLOCKED,  /* could be there and must not */
    VIRTCPU_STATE_DEPENDS,  /* there, but only as long as its layer is */
    VIRTCPU_STATE_DIFFERS,  /* no feature: something with another value than was promised */
    VIRTCPU_STATE_LAST,
} VirtCpuFeatureState;

/* Who decides. */
typedef enum {
    VIRTCPU_LAYER_HARDWARE,
    VIRTCPU_LAYER_MICROCODE, /* of a CPU whose hardware is able */
    VIRTCPU_LAYER_KVM,       /* the kernel */
    VIRTCPU_LAYER_TCG,
    VIRTCPU_LAYER_QEMU,    /* its version, or its model */
    VIRTCPU_LAYER_MACHINE, /* the machine type, or what QEMU adds for it */
    VIRTCPU_LAYER_IRQCHIP, /* the interrupt controller in the kernel */
    VIRTCPU_LAYER_DEPENDENCY,
    VIRTCPU_LAYER_POLICY, /* of the definition */
    VIRTCPU_LAYER_LAST,
} VirtCpuLayer;

/* One feature explained; sentences are translated, without a full stop. */
typedef struct {
    char *feature; /* libvirt's name */
    VirtCpuFeatureState state;
    VirtCpuLayer layer;
    char *evidence;
    const char *remedy;
} VirtCpuExplanation;

/* What is known of one guest's CPU; nothing is kept. */
typedef struct {
    const VirtCpuDomainDef *def; /* complete */
    const VirtCpuQemuCaps *caps; /* NULL: what the QEMU has is not known */
    const VirtCpuDef *cpu;       /* as resolved for a start */
    const VirtCpuData
        *expected; /* what its model contains, as in virtcpu_cpu_check_live, or NULL */
    VirtCpuLive live;
    const VirtCpuHost *host; /* NULL: what the machine has is not known */
} VirtCpuExplainFacts;

/* "missing" and the like: words of the document (transfer none); NULL out of range. */
const char *virtcpu_feature_state_to_string(VirtCpuFeatureState state);
/* "hardware" and the like, likewise. */
const char *virtcpu_layer_to_string(VirtCpuLayer layer);

/* An empty array for explanations (transfer full). */
GPtrArray *virtcpu_explanations_new(void) G_GNUC_WARN_UNUSED_RESULT;

/* Add one; @evidence is transfer full. Any thread. */
void virtcpu_explanations_add(GPtrArray *explanations, const char *feature,
                              VirtCpuFeatureState state, VirtCpuLayer layer, char *evidence,
                              const char *remedy);

/* Explain why @feature, promised, is not there. */
void virtcpu_explain_missing(const VirtCpuExplainFacts *facts, const char *feature,
                             GPtrArray *explanations);

/* Explain why @feature, not promised, is there. */
void virtcpu_explain_extra(const VirtCpuExplainFacts *facts, const char *feature,
                           GPtrArray *explanations);

/* Explain all that differs between promise and CPU, what the definition forbids though it could be
 * had, and what is kept away because it blocks migration. Errors: those of
 * virtcpu_cpu_check_live. */
gboolean virtcpu_explain_cpu(const VirtCpuExplainFacts *facts, GPtrArray *explanations,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Append to @text one sentence for each layer that took features away or added some: which, by what
 * evidence where there is one for all, and what helps. */
void virtcpu_explanations_append_sentences(const GPtrArray *explanations, GString *text);
