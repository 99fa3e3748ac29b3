import { alreadyApplied, defineEntity, reject } from "@annals/core";
import * as z from "zod";

export interface AccountInput {
  readonly email: string;
  readonly name?: string;
  readonly nickname?: string | null;
  readonly phone?: string;
}

/** Unique columns, normalized and absent ones, and commands that yield none, one or several events. */
export const defineAccount = (name: string) =>
  defineEntity({
    name,
    schema: z.object({
      email: z.string().min(1),
      name: z.string().min(1),
      status: z.enum(["active", "suspended"]),
      nickname: z.string().nullable(),
      phone: z.string().optional(),
    }),
    events: {
      AccountOpened: z.object({
        email: z.string(),
        name: z.string(),
        nickname: z.string().nullable(),
        phone: z.string().optional(),
      }),
      EmailChanged: z.object({ email: z.string() }),
      Renamed: z.object({ name: z.string() }),
      NicknameChanged: z.object({ nickname: z.string().nullable() }),
      AccountSuspended: z.object({ reason: z.string() }),
    },
    create: ({ email, name: given = "Ada", nickname = null, phone }: AccountInput) => ({
      type: "AccountOpened",
      email,
      name: given,
      nickname,
      ...(phone !== undefined && { phone }),
    }),
    evolve: {
      AccountOpened: (_, { email, name: given, nickname, phone }) => ({
        email,
        name: given,
        nickname,
        ...(phone !== undefined && { phone }),
        status: "active",
      }),
      EmailChanged: (state, { email }) => ({ ...state, email }),
      Renamed: (state, { name: given }) => ({ ...state, name: given }),
      NicknameChanged: (state, { nickname }) => ({ ...state, nickname }),
      AccountSuspended: (state) => ({ ...state, status: "suspended" }),
    },
    commands: {
      changeEmail: ({ state }, email: string) =>
        state.status === "suspended"
          ? reject("suspended")
          : state.email === email
            ? alreadyApplied
            : { type: "EmailChanged", email },
      rename: (_, given: string) => ({ type: "Renamed", name: given }),
      changeNickname: ({ state }, nickname: string | null) =>
        state.nickname === nickname ? alreadyApplied : { type: "NicknameChanged", nickname },
      handOver: (_, email: string, given: string) => [
        { type: "EmailChanged", email },
        { type: "Renamed", name: given },
      ],
      suspend: ({ state }, reason: string) =>
        state.status === "suspended" ? alreadyApplied : { type: "AccountSuspended", reason },
    },
    index: {
      email: { unique: true, normalize: (email) => email.toLowerCase() },
      nickname: { unique: true },
      phone: { unique: true },
      status: {},
    },
  });
