/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guest sees of its CPU: a firmware that executes CPUID and reads MSRs on every vCPU, writes
 * the answers to the debug port and ends the QEMU. guest/README.md has the format.
 *
 * QEMU starts it in real mode at the image's last 16 bytes, with all 32 address bits usable. Page
 * tables and descriptors stay in the image, which nothing writes to: accessed bits are set already.
 */

#define IMAGE 0xffff0000
#define IMAGE_BYTES 0x10000

/* Selectors of gdt below. */
#define CS32 0x08
#define DS32 0x10
#define CS64 0x18

/* Low memory. */
#define NEXT_INDEX 0x7000 /* number of the next vCPU to come */
#define FINISHED 0x7004   /* how many but the first are done */
#define HEADER 0x7100     /* of the answer, while it is written */
#define TRAMPOLINE 0x8000 /* where the other vCPUs begin, in real mode */

/* Each vCPU has a slot of memory: records from its start, its variables and its stack at the end. */
#define SLOTS 0x100000
#define SLOT_SHIFT 14
#define MAX_VCPUS 512
#define SLOT_BYTES (1 << SLOT_SHIFT)
#define RECORDS_BYTES 0x3e00
/* Variables, from %ebp, the stack's first byte: what is pushed goes below. */
#define TAIL 0x00    /* address of the next record */
#define INDEX 0x04   /* of this vCPU, 0 is the first */
#define MODE 0x08    /* MODE_PROTECTED or MODE_LONG */
#define LEAF 0x0c    /* being asked */
#define SUBLEAF 0x10
#define RULE 0x14    /* of the leaf's subleaves */
#define LAST 0x18    /* last subleaf to ask for */
#define TOP 0x1c     /* last leaf of the range */
#define VARIABLES 0x40 /* bytes */

/* The answer. */
#define MAGIC "virtcpu"
#define FORMAT_VERSION 1
#define HEADER_BYTES 20
#define RECORD_BYTES 28
#define KIND_CPUID 1
#define KIND_MSR 2
#define MODE_PROTECTED 0
#define MODE_LONG 1

#define MAX_LEAVES 0x80
#define MAX_SUBLEAVES 64

/* How the subleaves of a leaf are found. */
#define RULE_SPARSE 0 /* up to a number; those that are all 0 are no news */
#define RULE_COUNT 1  /* EAX of the first is the last one's number */
#define RULE_TYPE 2   /* until EAX has no type in bits 4:0 */
#define RULE_LEVEL 3  /* until ECX has no type in bits 15:8 */

#define PORT_DEBUG 0x402
#define PORT_EXIT 0x501
#define PORT_FW_CFG 0x510 /* select; the data port is the next */
#define FW_CFG_SIGNATURE 0
#define FW_CFG_NB_CPUS 5
#define FW_CFG_QEMU 0x554d4551 /* "QEMU" */

/* Written to PORT_EXIT: QEMU's exit status is twice that and one. */
#define EXIT_DONE 0x10
#define EXIT_EXCEPTION 0x11
#define EXIT_TOO_MUCH 0x12

#define APIC_SPURIOUS 0xfee000f0
#define APIC_ENABLED 0x1ff
#define APIC_ICR 0xfee00300
#define ICR_INIT_OTHERS 0x000c4500
#define ICR_START_OTHERS 0x000c4600

#define CR0_PE 0x00000001
#define CR0_PG 0x80000000
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100
#define CPUID_1_EDX_MSR 0x20
#define CPUID_80000001_EDX_LM 0x20000000

#define FNV_BASIS 0x811c9dc5
#define FNV_PRIME 0x01000193

    .text
image:

    .macro enter_protected base, pointer, target
    cli
    lgdtl   %cs:(\pointer - \base)
    mov     %cr0, %eax
    or      $CR0_PE, %al
    mov     %eax, %cr0
    ljmpl   $CS32, $\target
    .endm

    .macro load_segments
    mov     $DS32, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %ss
    .endm

/* From vCPU number %eax to its variables and stack. */
    .macro use_slot
    mov     %eax, %ebp
    shl     $SLOT_SHIFT, %ebp
    add     $(SLOTS + SLOT_BYTES - VARIABLES), %ebp
    mov     %ebp, %esp
    .endm

/* ---- the vCPUs' ways in ---- */

    .code16
start_first:
    enter_protected image, gdt_pointer, first

    .code32
first:
    load_segments
    xor     %eax, %eax
    use_slot
    movl    $1, NEXT_INDEX
    movl    $0, FINISHED
    call    count_vcpus
    push    %eax
    call    start_others
    xor     %eax, %eax
    call    collect
    pop     %eax
    call    await_others
    call    write_answer
    mov     $EXIT_DONE, %al
    jmp     leave

/* Copied to TRAMPOLINE. */
    .code16
trampoline:
    enter_protected trampoline, trampoline_gdt_pointer, other
trampoline_gdt_pointer:
    .word   gdt_end - gdt - 1
    .long   gdt
trampoline_end:

    .code32
other:
    load_segments
    mov     $1, %eax
    lock xadd %eax, NEXT_INDEX
    cmp     $MAX_VCPUS, %eax
    jae     too_much
    use_slot
    call    collect
    lock incl FINISHED
1:  cli
    hlt
    jmp     1b

/* How many vCPUs there are, by QEMU's configuration device, into %eax. */
count_vcpus:
    mov     $FW_CFG_SIGNATURE, %eax
    call    read_fw_cfg
    cmp     $FW_CFG_QEMU, %eax
    mov     $1, %eax
    jne     1f
    mov     $FW_CFG_NB_CPUS, %eax
    call    read_fw_cfg
    movzwl  %ax, %eax
    cmp     $MAX_VCPUS, %eax
    ja      too_much
1:  ret

/* The first four bytes of item %eax into %eax. */
read_fw_cfg:
    mov     $PORT_FW_CFG, %edx
    out     %ax, %dx
    inc     %edx
    mov     $4, %ecx
1:  in      %dx, %al
    ror     $8, %eax
    loop    1b
    ret

/* Have the other vCPUs collect, too; %eax: how many there are in all. One alone may lack an APIC. */
start_others:
    cmp     $1, %eax
    jbe     1f
    mov     $trampoline, %esi
    mov     $TRAMPOLINE, %edi
    mov     $(trampoline_end - trampoline), %ecx
    rep movsb
    movl    $APIC_ENABLED, APIC_SPURIOUS
    movl    $ICR_INIT_OTHERS, APIC_ICR
    movl    $(ICR_START_OTHERS | TRAMPOLINE >> 12), APIC_ICR
1:  ret

/* Until all of %eax vCPUs have answered. Keeps %eax. */
await_others:
    pause
    mov     FINISHED, %ecx
    inc     %ecx
    cmp     %eax, %ecx
    jb      await_others
    ret

/* ---- what is collected ---- */

/* All that vCPU %eax has to say, into its slot. */
collect:
    lidtl   idt_pointer
    mov     %eax, INDEX(%ebp)
    mov     %ebp, %eax
    and     $-SLOT_BYTES, %eax
    mov     %eax, TAIL(%ebp)
    movl    $MODE_PROTECTED, MODE(%ebp)
    call    walk
    call    read_msrs
    call    enter_long_mode
    test    %eax, %eax
    jz      1f
    movl    $MODE_LONG, MODE(%ebp)
    call    walk
1:  ret

/* Every leaf of every range. */
walk:
    mov     $ranges, %esi
1:  mov     (%esi), %eax
    call    walk_range
    add     $4, %esi
    cmp     $ranges_end, %esi
    jb      1b
    ret

/* Every leaf of the range that begins with leaf %eax, if it exists: a CPU without it answers with
 * something else. Only the basic one always does. */
walk_range:
    mov     %eax, LEAF(%ebp)
    xor     %ecx, %ecx
    call    ask
    mov     LEAF(%ebp), %edx
    sub     %edx, %eax
    cmp     $MAX_LEAVES, %eax
    jb      1f
    test    %edx, %edx
    jnz     3f
    mov     $(MAX_LEAVES - 1), %eax
1:  add     %edx, %eax
    mov     %eax, TOP(%ebp)
2:  call    walk_leaf
    mov     LEAF(%ebp), %eax
    cmp     TOP(%ebp), %eax
    jae     3f
    incl    LEAF(%ebp)
    jmp     2b
3:  ret

/* Every subleaf of LEAF. Keeps %esi. */
walk_leaf:
    call    find_rule
    movl    $0, SUBLEAF(%ebp)
1:  mov     LEAF(%ebp), %eax
    mov     SUBLEAF(%ebp), %ecx
    call    ask
    call    judge
    cmpl    $0, SUBLEAF(%ebp)
    je      2f
    test    %edi, %edi
    jz      3f
2:  call    append_cpuid
3:  test    %edi, %edi
    jnz     4f
    cmpl    $RULE_TYPE, RULE(%ebp)
    jae     5f
4:  incl    SUBLEAF(%ebp)
    mov     SUBLEAF(%ebp), %eax
    cmp     $MAX_SUBLEAVES, %eax
    jae     5f
    cmp     LAST(%ebp), %eax
    jbe     1b
5:  ret

/* RULE and LAST of LEAF: that of its row, else no subleaf but the first. */
find_rule:
    movl    $RULE_SPARSE, RULE(%ebp)
    movl    $0, LAST(%ebp)
    mov     LEAF(%ebp), %eax
    mov     $rules, %edi
1:  cmp     %eax, (%edi)
    je      2f
    add     $12, %edi
    cmp     $rules_end, %edi
    jb      1b
    ret
2:  mov     4(%edi), %eax
    mov     %eax, RULE(%ebp)
    mov     8(%edi), %eax
    mov     %eax, LAST(%ebp)
    ret

/* Is the answer in %eax to %edx worth a record, by RULE: %edi is not 0. Keeps the answer. */
judge:
    mov     RULE(%ebp), %edi
    cmp     $RULE_COUNT, %edi
    je      1f
    cmp     $RULE_TYPE, %edi
    je      3f
    cmp     $RULE_LEVEL, %edi
    je      4f
    mov     %eax, %edi
    or      %ebx, %edi
    or      %ecx, %edi
    or      %edx, %edi
    ret
1:  cmpl    $0, SUBLEAF(%ebp)
    jne     2f
    mov     %eax, LAST(%ebp)
2:  mov     $1, %edi
    ret
3:  mov     %eax, %edi
    and     $0x1f, %edi
    ret
4:  mov     %ecx, %edi
    and     $0xff00, %edi
    ret

/* CPUID in the mode that MODE says; some answers depend on it. */
ask:
    cmpl    $MODE_LONG, MODE(%ebp)
    je      1f
    cpuid
    ret
1:  lcall   $CS64, $ask_long
    ret

    .code64
ask_long:
    cpuid
    lretl
    .code32

/* Add the answer in %eax to %edx. Keeps %esi and %edi. */
append_cpuid:
    push    %esi
    push    %edi
    call    make_room
    movb    $KIND_CPUID, (%edi)
    mov     %eax, 12(%edi)
    mov     %ebx, 16(%edi)
    mov     %ecx, 20(%edi)
    mov     %edx, 24(%edi)
    mov     LEAF(%ebp), %eax
    mov     %eax, 4(%edi)
    mov     SUBLEAF(%ebp), %eax
    mov     %eax, 8(%edi)
    call    is_told
    je      1f
    addl    $RECORD_BYTES, TAIL(%ebp)
1:  pop     %edi
    pop     %esi
    ret

/* %edi: the next record, with what is the same in all. */
make_room:
    mov     TAIL(%ebp), %edi
    push    %edi
    and     $(SLOT_BYTES - 1), %edi
    cmp     $(RECORDS_BYTES - RECORD_BYTES), %edi
    ja      too_much
    pop     %edi
    push    %eax
    mov     MODE(%ebp), %al
    mov     %al, 1(%edi)
    mov     INDEX(%ebp), %eax
    mov     %ax, 2(%edi)
    pop     %eax
    ret

/* Set the zero flag when MODE is long mode and protected mode gave the same answer as the record
 * at the tail. */
is_told:
    cmpl    $MODE_PROTECTED, MODE(%ebp)
    je      2f
    mov     %ebp, %edx
    and     $-SLOT_BYTES, %edx
1:  cmp     TAIL(%ebp), %edx
    jae     2f
    lea     4(%edx), %esi
    mov     TAIL(%ebp), %edi
    add     $4, %edi
    mov     $((RECORD_BYTES - 4) / 4), %ecx
    repe cmpsl
    je      3f
    add     $RECORD_BYTES, %edx
    jmp     1b
2:  test    %esp, %esp
3:  ret

/* What MSRs can be read; KVM refuses those that the CPU lacks, TCG reads 0. */
read_msrs:
    mov     $1, %eax
    cpuid
    test    $CPUID_1_EDX_MSR, %edx
    jz      2f
    mov     $msrs, %esi
1:  mov     (%esi), %ecx
read_msr:
    rdmsr
    call    make_room
    movb    $KIND_MSR, (%edi)
    mov     %ecx, 4(%edi)
    movl    $0, 8(%edi)
    mov     %eax, 12(%edi)
    movl    $0, 16(%edi)
    movl    $0, 20(%edi)
    mov     %edx, 24(%edi)
    addl    $RECORD_BYTES, TAIL(%ebp)
msr_refused:
    add     $4, %esi
    cmp     $msrs_end, %esi
    jb      1b
2:  ret

/* Switch to compatibility mode, from where 64-bit code is a call away; %eax is 0 if there is no
 * such thing. */
enter_long_mode:
    mov     $0x80000000, %eax
    cpuid
    lea     0x7fffffff(%eax), %ecx
    xor     %eax, %eax
    cmp     $MAX_LEAVES, %ecx
    jae     1f
    mov     $0x80000001, %eax
    cpuid
    xor     %eax, %eax
    test    $CPUID_80000001_EDX_LM, %edx
    jz      1f
    mov     %cr4, %eax
    or      $CR4_PAE, %eax
    mov     %eax, %cr4
    mov     $page_map, %eax
    mov     %eax, %cr3
    mov     $MSR_EFER, %ecx
    rdmsr
    or      $EFER_LME, %eax
    wrmsr
    mov     %cr0, %eax
    or      $CR0_PG, %eax
    mov     %eax, %cr0
1:  ret

/* ---- telling it ---- */

/* The answer of %eax vCPUs to the debug port. */
write_answer:
    mov     %eax, HEADER + 12
    mov     magic, %ecx
    mov     %ecx, HEADER
    mov     magic + 4, %ecx
    mov     %ecx, HEADER + 4
    movl    $FORMAT_VERSION, HEADER + 8
    xor     %ebx, %ebx
    xor     %edi, %edi
1:  call    find_records
    add     %ecx, %edi
    inc     %ebx
    cmp     HEADER + 12, %ebx
    jb      1b
    mov     %edi, %eax
    xor     %edx, %edx
    mov     $RECORD_BYTES, %ecx
    div     %ecx
    mov     %eax, HEADER + 16
    mov     $FNV_BASIS, %edi
    mov     $HEADER, %esi
    mov     $HEADER_BYTES, %ecx
    call    write
    xor     %ebx, %ebx
2:  call    find_records
    call    write
    inc     %ebx
    cmp     HEADER + 12, %ebx
    jb      2b
    mov     %edi, HEADER
    mov     $HEADER, %esi
    mov     $4, %ecx
    call    write
    ret

/* vCPU %ebx's records: %esi, %ecx bytes. */
find_records:
    mov     %ebx, %esi
    shl     $SLOT_SHIFT, %esi
    add     $SLOTS, %esi
    mov     (SLOT_BYTES - VARIABLES + TAIL)(%esi), %ecx
    sub     %esi, %ecx
    ret

/* Write %ecx bytes at %esi, hashed into %edi. */
write:
    push    %esi
    push    %ecx
1:  movzbl  (%esi), %eax
    xor     %eax, %edi
    imul    $FNV_PRIME, %edi, %edi
    inc     %esi
    loop    1b
    pop     %ecx
    pop     %esi
    mov     $PORT_DEBUG, %edx
    rep outsb
    ret

/* ---- the ways out ---- */

/* A general protection fault: expected of an MSR that is not there. Not left by IRET, which a KVM
 * that emulates real and protected mode may lack. */
protection_fault:
    cmpl    $read_msr, 4(%esp)
    jne     exception
    add     $16, %esp
    jmp     msr_refused

exception:
    mov     $EXIT_EXCEPTION, %al
    jmp     leave

too_much:
    mov     $EXIT_TOO_MUCH, %al
/* End the QEMU; %al: why. */
leave:
    mov     $PORT_EXIT, %edx
    out     %al, %dx
1:  cli
    hlt
    jmp     1b

/* ---- tables ---- */

    .balign 8
magic:
    .asciz  MAGIC

ranges:
    .long   0x00000000
    .long   0x40000000 /* the hypervisor: KVM, TCG or Hyper-V */
    .long   0x40000100 /* KVM beside Hyper-V */
    .long   0x80000000
    .long   0xc0000000
ranges_end:

/* Leaf, rule, last subleaf; Intel SDM volume 2A, CPUID, and AMD APM volume 3, appendix E. */
rules:
    .long   0x04, RULE_TYPE, MAX_SUBLEAVES
    .long   0x07, RULE_COUNT, 0
    .long   0x0b, RULE_LEVEL, MAX_SUBLEAVES
    .long   0x0d, RULE_SPARSE, 63
    .long   0x0f, RULE_SPARSE, 1
    .long   0x10, RULE_SPARSE, 5
    .long   0x12, RULE_SPARSE, 15
    .long   0x14, RULE_COUNT, 0
    .long   0x17, RULE_COUNT, 0
    .long   0x18, RULE_COUNT, 0
    .long   0x1b, RULE_SPARSE, 15
    .long   0x1d, RULE_COUNT, 0
    .long   0x1e, RULE_SPARSE, 1
    .long   0x1f, RULE_LEVEL, MAX_SUBLEAVES
    .long   0x20, RULE_COUNT, 0
    .long   0x23, RULE_SPARSE, 5
    .long   0x24, RULE_COUNT, 0
    .long   0x8000001d, RULE_TYPE, MAX_SUBLEAVES
    .long   0x80000020, RULE_SPARSE, 5
    .long   0x80000026, RULE_LEVEL, MAX_SUBLEAVES
rules_end:

msrs:
    .long   0x0000003a /* FEATURE_CONTROL */
    .long   0x0000008b /* UCODE_REV */
    .long   0x000000cf /* CORE_CAPABILITIES */
    .long   0x0000010a /* ARCH_CAPABILITIES */
    .long   0x000001a0 /* MISC_ENABLE */
    .long   0x00000345 /* PERF_CAPABILITIES */
    .long   0x00000480, 0x00000481, 0x00000482, 0x00000483, 0x00000484, 0x00000485 /* VMX */
    .long   0x00000486, 0x00000487, 0x00000488, 0x00000489, 0x0000048a, 0x0000048b
    .long   0x0000048c, 0x0000048d, 0x0000048e, 0x0000048f, 0x00000490, 0x00000491
msrs_end:

    .balign 8
gdt:
    .quad   0
    .quad   0x00cf9b000000ffff /* CS32 */
    .quad   0x00cf93000000ffff /* DS32 */
    .quad   0x00af9b000000ffff /* CS64 */
gdt_end:
gdt_pointer:
    .word   gdt_end - gdt - 1
    .long   gdt

/* Interrupt gates of vectors 0 to 13. */
    .macro gate handler
    .word   \handler - image, CS32, 0x8e00, IMAGE >> 16
    .endm
    .balign 8
idt:
    .rept   13
    gate    exception
    .endr
    gate    protection_fault
idt_end:
idt_pointer:
    .word   idt_end - idt - 1
    .long   idt

/* Each address below 16 MiB and in the last 2 MiB of 4 GiB is itself. */
#define TABLE 0x23 /* present, writable, accessed */
#define PAGE 0xe3  /* the same, dirty, 2 MiB */
    .balign 4096
page_map:
    .quad   page_pointers + TABLE
    .balign 4096
page_pointers:
    .quad   page_directory_low + TABLE
    .quad   0, 0
    .quad   page_directory_high + TABLE
    .balign 4096
page_directory_low:
    .set    page, 0
    .rept   8
    .quad   page + PAGE
    .set    page, page + 0x200000
    .endr
    .balign 4096
page_directory_high:
    .skip   511 * 8
    .quad   0xffe00000 + PAGE

    .org    IMAGE_BYTES - 16
    .code16
    jmp     start_first
    .org    IMAGE_BYTES

    .section .note.GNU-stack, "", @progbits
