export const put = 1;
