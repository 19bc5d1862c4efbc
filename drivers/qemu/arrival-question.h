/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The question whether a guest could go on somewhere, as a document that goes there:
 *
 *     <virtcpu:question xmlns:virtcpu='https://virtcpu.org/xmlns/passport/1.0'>
 *       <domain …/>
 *       <virtcpu:passport …/>
 *     </virtcpu:question>
 */
#pragma once

#include "drivers/qemu/cpu-passport.h"

/* Names for virConnectDomainXMLToNative, the call of libvirt's that takes a document to a daemon
 * and brings one back: of a question, answered by virtcpu_arrival_to_json; and of a <domain>,
 * answered by its passport. A libvirtd refuses both. */
#define VIRTCPU_ARRIVAL_FORMAT  "virtcpu-migrate-check"
#define VIRTCPU_PASSPORT_FORMAT "virtcpu-passport"

/* What is asked. */
typedef struct {
    VirtCpuDomainDef *def;     /* as virtcpu_subject_parse */
    VirtCpuPassport *passport; /* NULL: it has none */
} VirtCpuArrivalQuestion;

/* Release what @question owns; legal on a zeroed one. */
void virtcpu_arrival_question_clear(VirtCpuArrivalQuestion *question);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VirtCpuArrivalQuestion, virtcpu_arrival_question_clear)

/* The document about <domain> @domain, with @passport, an element as text (may be NULL) (transfer
 * full). Errors: those of virtcpu_xml_parse. Any thread. */
char *virtcpu_arrival_question_format(const char *domain, const char *passport,
                                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/* Read @xml into zeroed @question; a <domain> alone is one without a passport. Errors: XML_ERROR;
 * those of virtcpu_subject_parse and virtcpu_passport_parse_node. Any thread. */
gboolean virtcpu_arrival_question_parse(const char *xml, VirtCpuArrivalQuestion *question,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
