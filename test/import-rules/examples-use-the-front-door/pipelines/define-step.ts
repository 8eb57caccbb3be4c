export const defineStep = 1;
