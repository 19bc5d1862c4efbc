/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The passport of a guest's CPU: what the guest was given where it began, to be given again,
 * exactly that, wherever it goes on. It travels in a migration's cookie and in saved images, as
 * XML:
 *
 *     <virtcpu:passport xmlns:virtcpu='https://virtcpu.org/xmlns/passport/1.0' …>…
 */
#pragma once

#include "drivers/qemu/domain.h"
#include "drivers/qemu/guest-answer.h"

#include <libxml/tree.h>

#define VIRTCPU_PASSPORT_NAMESPACE "https://virtcpu.org/xmlns/passport/1.0"

/* What a guest CPU is known by, the weakest first. */
typedef enum {
    VIRTCPU_PROOF_NAMES, /* its model and features by name: only QEMU knows what they are */
    VIRTCPU_PROOF_QEMU,  /* its features and properties as QEMU says */
    VIRTCPU_PROOF_GUEST, /* all that the guest sees: each leaf of CPUID, each feature MSR */
    VIRTCPU_PROOF_LAST,
} VirtCpuProofLevel;

/* "names", "qemu", "guest"; NULL out of range. */
const char *virtcpu_proof_level_to_string(VirtCpuProofLevel level);

/* Immutable and shared once made. */
typedef struct {
    VirtCpuArch arch;
    VirtCpuVirtType virt_type;
    char *machine;      /* canonical name */
    char *facts;        /* which QEMU, on which host: see virtcpu_qemu_facts_difference */
    VirtCpuDef *cpu;    /* exactly what there is: custom, nothing optional; but host-passthrough and
                           maximum stay what they are; NULL: the machine type's own */
    char *model;        /* of the explicit form: the exact version it came from; else NULL */
    VirtCpuJson *props; /* of the explicit form: every property, by QEMU's names; else NULL */
    VirtCpuData *features;  /* as QEMU says of the vCPUs; NULL: VIRTCPU_PROOF_NAMES */
    VirtCpuGuestVcpu *sees; /* the first vCPU; NULL: not proven, because */
    char *unproven;         /* a translated sentence; NULL with @sees */
} VirtCpuPassport;

/* Take a reference (returns @passport). Any thread. */
VirtCpuPassport *virtcpu_passport_ref(VirtCpuPassport *passport);

/* Drop a reference to @passport (may be NULL). Any thread. */
void virtcpu_passport_unref(VirtCpuPassport *passport);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtCpuPassport, virtcpu_passport_unref)

/* How well @passport knows its CPU. */
VirtCpuProofLevel virtcpu_passport_level(const VirtCpuPassport *passport);

/* The passport of running @domain: the one it came with, else one made now, or in the background
 * after its start. What the guest sees is asked of a second QEMU with its CPU unless that was done
 * before; when it cannot be had, the passport says why. The job's holder only; blocks. Returns
 * (transfer full). Errors: what its QEMU said; OPERATION_TIMEOUT. */
VirtCpuPassport *virtcpu_passport_make(VirtCpuDomain *domain,
                                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The element as text, with its namespace (transfer full). Any thread. */
char *virtcpu_passport_to_xml(const VirtCpuPassport *passport) G_GNUC_WARN_UNUSED_RESULT;

/* The passport among the children of @parent, a cookie's root (transfer none), or NULL. */
xmlNode *virtcpu_passport_find(xmlNode *parent);

/* Read the element @node. Hostile input is an error, never trusted: XML_ERROR naming element and
 * line; every list is bounded and the whole is under a checksum. Returns (transfer full). Any
 * thread. */
VirtCpuPassport *virtcpu_passport_parse_node(xmlNode *node,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same from text whose root is the element. */
VirtCpuPassport *virtcpu_passport_parse(const char *xml, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Check that the vCPUs of paused @domain, as its QEMU says, are those of @passport: features,
 * identity and every property. The job's holder only; blocks. Errors: OPERATION_FAILED "guest CPU
 * doesn't match specification: …" naming each feature and property, layer and remedy; what QEMU
 * said; OPERATION_TIMEOUT. */
gboolean virtcpu_passport_confirm(VirtCpuDomain *domain, const VirtCpuPassport *passport,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* The same, of features and identity only: once more after the state was read, before the guest
 * runs, while it waits for that. */
gboolean virtcpu_passport_confirm_again(VirtCpuDomain *domain, const VirtCpuPassport *passport,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
