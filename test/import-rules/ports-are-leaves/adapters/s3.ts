export const bucket = 'models';
