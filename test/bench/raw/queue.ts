/** Task queue of the hand-written workflows. */
export const RAW_QUEUE = 'bench-raw';
