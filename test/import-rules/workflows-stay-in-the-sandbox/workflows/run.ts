import { request } from 'node:http';
export const fetch = request;
